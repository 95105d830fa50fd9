import { toHex } from '@assay/protocol/encoding/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flipBit, seededBytes, seededRandom } from '../agreement/three-parties.fixture.ts';
import { contentKey } from './content-key.ts';
import { openContent } from './seal.ts';
import { openStream, SealedStreamError, type Source, sealStream } from './seal-stream.ts';
import { decodeHeader, readSealedHeader, SEALED_HEADER_SIZE, type SealedHeader } from './sealed-header.ts';
import { SEALED_SEGMENT_SIZE, SEGMENT_SIZE } from './segments.ts';

const sessionKey = seededBytes('session key');
const reference = 'task 7';
const sealing = {
  sessionId: toHex(seededBytes('session')),
  epoch: 0,
  sessionKey,
  direction: 'output' as const,
  reference,
  random: seededRandom('salt'),
};
const keyOf = (header: SealedHeader) => contentKey(sessionKey, header, reference);
/** Three whole segments and part of a fourth. */
const content = seededBytes('content', 3 * SEGMENT_SIZE + 1_000);
const segmentsOfContent = 4;

async function allOf(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

/** The same bytes in pieces that end at these offsets. */
function* pieces(bytes: Uint8Array, ends: readonly number[]): Generator<Uint8Array> {
  let from = 0;
  for (const end of [...new Set(ends)].sort((a, b) => a - b)) {
    yield bytes.subarray(from, end);
    from = end;
  }
  yield bytes.subarray(from);
}

const seal = (plain: Uint8Array, more: Partial<typeof sealing> = {}) =>
  allOf(sealStream({ ...sealing, ...more }, () => [plain]));

/** The refusal's code, or `opened`. */
async function answerTo(sealed: Source, name = reference): Promise<string> {
  try {
    await allOf(openStream(keyOf, name, sealed));
    return 'opened';
  } catch (error) {
    if (error instanceof SealedStreamError) return error.code;
    throw error;
  }
}

/** Header and sealed segments of a blob. */
function segmentsIn(blob: Uint8Array): { head: Uint8Array; segments: Uint8Array[] } {
  const segments: Uint8Array[] = [];
  for (let at = SEALED_HEADER_SIZE; at < blob.length; at += SEALED_SEGMENT_SIZE)
    segments.push(blob.subarray(at, at + SEALED_SEGMENT_SIZE));
  return { head: blob.subarray(0, SEALED_HEADER_SIZE), segments };
}

const index = fc.nat({ max: segmentsOfContent - 1 });

describe('a sealed stream', () => {
  it('opens to the sealed content, of any length and in any pieces, as a stream and as a whole', async () => {
    const lengths = [0, 1, SEGMENT_SIZE - 1, SEGMENT_SIZE, SEGMENT_SIZE + 1, 2 * SEGMENT_SIZE, content.length];
    const cuts = fc.array(fc.nat({ max: content.length }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...lengths), cuts, cuts, async (length, before, after) => {
        const plain = content.subarray(0, length);
        const within = (ends: number[], max: number) => ends.filter((end) => end <= max);
        const blob = await allOf(sealStream(sealing, () => pieces(plain, within(before, length))));
        const opened = await allOf(openStream(keyOf, reference, pieces(blob, within(after, blob.length))));
        expect(Buffer.compare(opened, plain)).toBe(0);
        const header = readSealedHeader(blob);
        const whole = header.ok ? openContent(keyOf(header.value), reference, blob) : header;
        expect(whole.ok && Buffer.compare(whole.value, plain)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('is refused when it is cut at any position, also at the end of a segment', async () => {
    const blob = await seal(content);
    const ends = Array.from({ length: segmentsOfContent }, (_, at) => SEALED_HEADER_SIZE + at * SEALED_SEGMENT_SIZE);
    const anywhere = fc.oneof(fc.nat({ max: blob.length - 1 }), fc.constantFrom(...ends));
    await fc.assert(
      fc.asyncProperty(anywhere, async (end) => {
        expect(await answerTo([blob.subarray(0, end)])).toMatch(/^(content-not-authentic|blob-malformed)$/);
      }),
      { numRuns: 60 },
    );
  });

  it('is refused with any segments swapped, duplicated, or omitted', async () => {
    const { head, segments } = segmentsIn(await seal(content));
    await fc.assert(
      fc.asyncProperty(index, index, async (one, other) => {
        const left = segments.filter((_, at) => at !== one);
        expect(await answerTo([head, ...left]), `without ${one}`).toBe('content-not-authentic');
        const twice = segments.toSpliced(other, 0, segments[one] as Uint8Array);
        expect(await answerTo([head, ...twice]), `${one} again at ${other}`).toBe('content-not-authentic');
        if (one === other) return;
        const swapped = segments.with(one, segments[other] as Uint8Array).with(other, segments[one] as Uint8Array);
        expect(await answerTo([head, ...swapped]), `${one} for ${other}`).toBe('content-not-authentic');
      }),
      { numRuns: 30 },
    );
  });

  it('is refused with anything after its end, or another end', async () => {
    const { head, segments } = segmentsIn(await seal(content));
    const shorter = segmentsIn(await seal(content.subarray(0, SEGMENT_SIZE + 5)));
    expect(await answerTo([head, ...segments, Uint8Array.of(0)])).toBe('content-not-authentic');
    expect(await answerTo([head, ...segments, new Uint8Array(16)])).toBe('content-not-authentic');
    expect(await answerTo([head, ...segments.slice(0, 1), ...shorter.segments.slice(1)])).toBe('content-not-authentic');
    expect(await answerTo([shorter.head, ...segments])).toBe('content-not-authentic');
  });

  it('is refused for every flipped bit of the header, and for any of a segment', async () => {
    const blob = await seal(content.subarray(0, 2 * SEGMENT_SIZE));
    for (let bit = 0; bit < SEALED_HEADER_SIZE * 8; bit += 1)
      expect(await answerTo([flipBit(blob, bit)]), `bit ${bit}`).not.toBe('opened');
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: blob.length * 8 - 1 }), async (bit) => {
        expect(await answerTo([flipBit(blob, bit)])).not.toBe('opened');
      }),
      { numRuns: 60 },
    );
  });

  it('is refused for another task, direction or session, and without a key', async () => {
    const blob = await seal(content);
    expect(await answerTo([blob], 'task 8')).toBe('content-not-authentic');
    expect(await answerTo([await seal(content, { reference: 'task 8' })])).toBe('wrong-content-key');
    const header = decodeHeader(blob);
    if (!header.ok) throw new Error(header.refusal.code);
    const other = openStream((one) => keyOf({ ...one, direction: 'prompt' }), reference, [blob]);
    await expect(allOf(other)).rejects.toMatchObject({ code: 'wrong-content-key' });
    const none = openStream(() => undefined, reference, [blob]);
    await expect(allOf(none)).rejects.toMatchObject({ code: 'wrong-content-key' });
  });

  it('never seals two contents under one key, even with a random source that repeats itself', async () => {
    const stuck = { random: (length: number) => new Uint8Array(length) };
    const heads = await Promise.all(
      [content, content.subarray(0, -1), flipBit(content, 8 * (content.length - 1))].map(async (plain) =>
        toHex((await seal(plain, stuck)).subarray(0, SEALED_HEADER_SIZE)),
      ),
    );
    expect(new Set(heads).size).toBe(heads.length);
  });

  it('fails when the content changes between its two readings', async () => {
    let readings = 0;
    const changing = () => [flipBit(content, readings++)];
    await expect(allOf(sealStream(sealing, changing))).rejects.toThrow('changed between the two readings');
  });

  it('is sealed and opened with one segment in memory, for any length', async () => {
    const total = 200;
    const piece = new Uint8Array(SEGMENT_SIZE);
    let taken = 0;
    const read = function* () {
      for (taken = 0; taken < total; ) {
        taken += 1;
        yield piece;
      }
    };
    let sealed = 0;
    let opened = 0;
    const counted = async function* () {
      for await (const segment of sealStream(sealing, read)) {
        if (segment.length !== SEALED_HEADER_SIZE) {
          expect(taken - sealed).toBeLessThanOrEqual(2);
          sealed += 1;
        }
        yield segment;
      }
    };
    for await (const segment of openStream(keyOf, reference, counted())) {
      expect(segment.length).toBe(SEGMENT_SIZE);
      opened += 1;
      expect(sealed - opened).toBeLessThanOrEqual(1);
    }
    expect([sealed, opened]).toEqual([total, total]);
  });
});
