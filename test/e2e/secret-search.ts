/** Searches for secrets in any data, in all common encodings. */

/** A searched value: its name for failure messages, and its bytes. */
export interface Needle {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** A word of letters: found in any case, also in UTF-16. */
  readonly isWord: boolean;
}

/** Words, each on its own: a text is found by any of them. */
export function wordsToFind(name: string, words: readonly string[]): Needle[] {
  return words.map((word) => ({ name: `${name} "${word}"`, bytes: Buffer.from(word), isWord: true }));
}

/** A key, or other secret bytes. */
export function bytesToFind(name: string, bytes: Uint8Array): Needle {
  return { name, bytes, isWord: false };
}

/** The location, needle and encoding of a finding. */
export function foundIn(places: ReadonlyMap<string, Uint8Array>, needles: readonly Needle[]): string[] {
  const found: string[] = [];
  for (const [place, bytes] of places) {
    const exact = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const lower = Buffer.from(exact.toString('latin1').toLowerCase(), 'latin1');
    for (const needle of needles) {
      for (const [form, wanted, anyCase] of formsOf(needle)) {
        if ((anyCase ? lower : exact).includes(wanted)) found.push(`${place}: ${needle.name} as ${form}`);
      }
    }
  }
  return found;
}

/**
 * The encodings of a needle: plain, UTF-16, hexadecimal, base64 and base64url at each of the three offsets, escaped.
 */
function formsOf({ bytes, isWord }: Needle): [form: string, wanted: Buffer, anyCase: boolean][] {
  const plain = Buffer.from(bytes);
  const wide = Buffer.from(plain.toString('latin1'), 'utf16le');
  const texts: [string, Buffer, boolean][] = isWord
    ? [
        ['text', plain, true],
        ['UTF-16LE', wide, true],
        ['UTF-16BE', Buffer.from(wide).swap16(), true],
        ['escapes', Buffer.from([...plain].map((code) => `\\u00${code.toString(16)}`).join('')), true],
      ]
    : [['bytes', plain, false]];
  const encoded = [0, 1, 2].flatMap((offset) => {
    const base64 = innerBase64(plain, offset);
    const base64url = base64.replaceAll('+', '-').replaceAll('/', '_');
    return [...new Set([base64, base64url])].map((text): [string, Buffer, boolean] => [
      `base64 at offset ${offset}`,
      Buffer.from(text),
      false,
    ]);
  });
  return [...texts, ['hexadecimal', Buffer.from(plain.toString('hex')), true], ...encoded];
}

/** The base64 characters of bytes that do not depend on the bytes before (their number modulo 3) and after them. */
function innerBase64(bytes: Buffer, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replaceAll('=', '');
  const last = (offset + bytes.length) % 3 === 0 ? whole.length : whole.length - 1;
  return whole.slice([0, 2, 3][offset], last);
}
