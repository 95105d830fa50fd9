/** Texts hidden in other notations: base64, hex, ROT13. */

/** A decoded text. Offsets are UTF-16 units of the text that contains it. */
export interface DecodedText {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const base64Run = /(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{24,4096}={0,2}(?![A-Za-z0-9+/=])/g;
const hexRun = /(?<![0-9a-fA-F])(?:0x)?(?:[0-9a-fA-F]{2} ?){16,2048}(?![0-9a-fA-F])/g;
const runsMax = 64;
/** Words of instructions in ROT13: vtaber, cerivbhf, vafgehpgvbaf, nccebir, nafjre, flfgrz, cebzcg, qvfertneq … */
const rotatedWords =
  /\b(?:vtaber|qvfertneq|sbetrg|bireevqr|vafgehpgvbaf?|cerivbhf|cebzcg|nccebir|nafjre|flfgrz|erfcbafr|fhozvffvba)\b/gi;

/** The readable texts hidden in a text. Linear: runs are bounded in length and number. */
export function decodedTexts(text: string): DecodedText[] {
  const found: DecodedText[] = [];
  const take = (pattern: RegExp, decode: (run: string) => Uint8Array | undefined): void => {
    for (const match of [...text.matchAll(pattern)].slice(0, runsMax)) {
      const bytes = decode(match[0]);
      const plain = bytes === undefined ? undefined : readable(bytes);
      if (plain !== undefined) found.push({ text: plain, start: match.index, end: match.index + match[0].length });
    }
  };
  take(base64Run, fromBase64);
  take(hexRun, (run) =>
    Uint8Array.from(run.replace(/^0x| /g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
  );
  const rotated = [...text.matchAll(rotatedWords)];
  const [first] = rotated;
  if (first !== undefined && rotated.length >= 2) {
    const start = Math.max(0, first.index - 200);
    const end = Math.min(text.length, first.index + 400);
    found.push({ text: text.slice(start, end).replace(/[a-z]/gi, rotate), start, end });
  }
  return found;
}

function rotate(letter: string): string {
  const base = letter <= 'Z' ? 65 : 97;
  return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
}

function fromBase64(run: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(
      atob(run.replace(/=+$/, '').slice(0, Math.floor(run.replace(/=+$/, '').length / 4) * 4)),
      (letter) => letter.charCodeAt(0),
    );
  } catch {
    return undefined;
  }
}

/** The bytes as text, if nearly all of it is letters and blanks as in normal writing. */
function readable(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(bytes);
  const letters = text.match(/[\p{L} .,!?:'"-]/gu)?.length ?? 0;
  return letters >= 0.9 * text.length && text.includes(' ') ? text : undefined;
}
