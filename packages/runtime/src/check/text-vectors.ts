/** The vectors of whole texts: pieces and vectors from the cache where it has them, from the model else. */
import { type Hex, sha256Hex, utf8 } from '@assay/protocol/encoding/bytes';
import { packedBytes } from '@assay/protocol/encoding/packed-vectors';
import type { Cache, Telemetry } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { metrics } from '../service/telemetry-names.ts';

/** A model in a thread of its own. */
export interface PieceModel {
  readonly modelDigest: Hex;
  readonly dimensions: number;
  /** Lengths (UTF-16 units) of the pieces of each text, in order; none where a text needs too many. */
  pieces(texts: readonly string[]): Promise<readonly Uint32Array[]>;
  /** Vectors of pieces, packed (see `packed-vectors.ts`), in order. */
  embed(pieces: readonly string[]): Promise<Uint8Array>;
}

/** What the vectors are made with; without a cache every text goes through the model. */
export interface TextVectorsContext {
  readonly model: PieceModel;
  readonly cache: Cache | undefined;
  readonly telemetry: Pick<Telemetry, 'count'>;
}

/** For each text its pieces' vectors, packed, one after another; no bytes for an empty text or one of too many pieces. */
export async function textVectors(context: TextVectorsContext, texts: readonly string[]): Promise<Uint8Array[]> {
  const lengths = await lengthsOf(context, texts);
  const pieces = texts.map((text, index) => cutText(text, lengths[index] ?? new Uint32Array()));
  const rows = await rowsOf(context, [...new Set(pieces.flat())]);
  const width = packedBytes(context.model.dimensions);
  return pieces.map((all) => {
    const bytes = new Uint8Array(all.length * width);
    for (const [index, piece] of all.entries()) bytes.set(rows.get(piece) ?? new Uint8Array(), index * width);
    return bytes;
  });
}

/** The pieces of a text by their lengths. */
export function cutText(text: string, lengths: Uint32Array): string[] {
  let at = 0;
  return Array.from(lengths, (length) => {
    at += length;
    return text.slice(at - length, at);
  });
}

/** Where each text is cut. Remembered, because counting tokens takes longer than anything else that needs no model. */
async function lengthsOf({ model, cache, telemetry }: TextVectorsContext, texts: readonly string[]) {
  const keyOf = (text: string) => `segments:${model.modelDigest}:${sha256Hex(utf8(text))}`;
  const found = await lookUp(cache, telemetry, 'pieces', texts, keyOf, (bytes, text) => wholeCut(bytes, text));
  const missing = [...new Set(texts.filter((text) => !found.has(text)))];
  const counted = missing.length === 0 ? [] : await model.pieces(missing);
  const fresh = missing.map((text, index): [string, Uint8Array] => {
    const lengths = counted[index] ?? new Uint32Array();
    found.set(text, lengths);
    return [keyOf(text), new Uint8Array(lengths.buffer, lengths.byteOffset, lengths.byteLength)];
  });
  await keep(cache, fresh);
  return texts.map((text) => found.get(text) ?? new Uint32Array());
}

/** Lengths as the cache had them, if they are those of this text: together they are its length. */
function wholeCut(bytes: Uint8Array, text: string): Uint32Array | undefined {
  if (bytes.length % Uint32Array.BYTES_PER_ELEMENT !== 0) return undefined;
  // A copy: the bytes may be a view that does not begin at a multiple of four.
  const lengths = new Uint32Array(new Uint8Array(bytes).buffer);
  return lengths.reduce((sum, length) => sum + length, 0) === text.length ? lengths : undefined;
}

async function rowsOf({ model, cache, telemetry }: TextVectorsContext, pieces: readonly string[]) {
  const width = packedBytes(model.dimensions);
  const keyOf = (piece: string) => `vector16:${model.modelDigest}:${sha256Hex(utf8(piece))}`;
  const found = await lookUp(cache, telemetry, 'vectors', pieces, keyOf, (bytes) =>
    bytes.length === width ? bytes : undefined,
  );
  const missing = pieces.filter((piece) => !found.has(piece));
  const computed = missing.length === 0 ? new Uint8Array() : await model.embed(missing);
  if (computed.length !== missing.length * width)
    throw new Error(`The model gave ${computed.length} bytes for ${missing.length} texts of ${width}.`);
  const fresh = missing.map((piece, index): [string, Uint8Array] => {
    const row = computed.subarray(index * width, (index + 1) * width);
    found.set(piece, row);
    return [keyOf(piece), row];
  });
  await keep(cache, fresh);
  return found;
}

/** What the cache has for some texts and is as it should be; hits and misses are counted. */
async function lookUp<Value>(
  cache: Cache | undefined,
  telemetry: Pick<Telemetry, 'count'>,
  kind: string,
  texts: readonly string[],
  keyOf: (text: string) => string,
  read: (bytes: Uint8Array, text: string) => Value | undefined,
): Promise<Map<string, Value>> {
  const found = new Map<string, Value>();
  for (let start = 0; cache !== undefined && start < texts.length; start += tuning.cacheKeysMax) {
    const asked = texts.slice(start, start + tuning.cacheKeysMax);
    const cached = await cache.getMany(asked.map(keyOf));
    for (const [index, text] of asked.entries()) {
      const bytes = cached[index];
      const value = bytes === undefined ? undefined : read(bytes, text);
      if (value !== undefined) found.set(text, value);
    }
  }
  telemetry.count(metrics.cacheLookups, { kind, result: 'hit' }, found.size);
  telemetry.count(metrics.cacheLookups, { kind, result: 'miss' }, new Set(texts).size - found.size);
  return found;
}

async function keep(cache: Cache | undefined, entries: readonly [string, Uint8Array][]): Promise<void> {
  for (let start = 0; cache !== undefined && start < entries.length; start += tuning.cacheKeysMax)
    await cache.setMany(entries.slice(start, start + tuning.cacheKeysMax), tuning.derivedTtlSeconds);
}
