/**
 * Vectors of length 1 as bytes: 16 bits for each value (the value times 32,767, little endian), row after row. The
 * cosine of two unpacked vectors differs from the exact one by less than 0.0001. Vectors are always packed before they
 * are compared, so cached and new vectors give the same result.
 */

const scale = 32_767;

/** Bytes of one vector. */
export function packedBytes(dimensions: number): number {
  return dimensions * Int16Array.BYTES_PER_ELEMENT;
}

/** Packs vectors of one size. Values are clamped to -1 … 1; NaN becomes 0. */
export function packVectors(vectors: readonly Float32Array[]): Uint8Array {
  const width = packedBytes(vectors[0]?.length ?? 0);
  const bytes = new Uint8Array(width * vectors.length);
  const view = new DataView(bytes.buffer);
  for (const [row, vector] of vectors.entries()) {
    if (packedBytes(vector.length) !== width) throw new RangeError('The vectors are not of one size.');
    for (let at = 0; at < vector.length; at++) {
      const value = Math.max(-1, Math.min(1, vector[at] ?? 0));
      view.setInt16(row * width + 2 * at, Math.round(value * scale) || 0, true);
    }
  }
  return bytes;
}

/** Unpacks vectors. Throws a RangeError if the bytes are not a whole number of vectors. */
export function unpackVectors(bytes: Uint8Array, dimensions: number): Float32Array[] {
  const width = packedBytes(dimensions);
  if (bytes.length === 0) return [];
  if (width === 0 || bytes.length % width !== 0)
    throw new RangeError(`${bytes.length} bytes are not a whole number of vectors of ${dimensions} values.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / width }, (_, row) =>
    Float32Array.from({ length: dimensions }, (_value, at) => view.getInt16(row * width + 2 * at, true) / scale),
  );
}
