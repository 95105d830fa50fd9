/** How alike two texts are by the embeddings of their chunks. Vectors have length 1. */

/** One text's chunks and the direction of their mean. */
export interface EmbeddedText {
  readonly chunks: readonly Float32Array[];
  /** Of length 1; of zeros where there are no chunks. */
  readonly mean: Float64Array;
}

/** Chunks that are compared one by one; of a longer text, neighbours are taken together, so that time stays bounded. */
const comparedChunksMax = 64;

/** Takes the chunk vectors of one text. Chunks of another size than the first are left out. */
export function embeddedText(chunks: readonly Float32Array[]): EmbeddedText {
  const dimensions = chunks[0]?.length ?? 0;
  const alike = chunks.filter((chunk) => chunk.length === dimensions && chunk.every(Number.isFinite));
  const mean = new Float64Array(dimensions);
  for (const chunk of alike) for (const [index, value] of chunk.entries()) mean[index] = (mean[index] ?? 0) + value;
  const length = Math.sqrt(mean.reduce((sum, value) => sum + value * value, 0));
  if (length > 0) for (let index = 0; index < dimensions; index++) mean[index] = (mean[index] ?? 0) / length;
  return { chunks: mergedNeighbours(alike), mean };
}

function mergedNeighbours(chunks: readonly Float32Array[]): readonly Float32Array[] {
  if (chunks.length <= comparedChunksMax) return chunks;
  return Array.from({ length: comparedChunksMax }, (_, group) => {
    const from = Math.floor((group * chunks.length) / comparedChunksMax);
    const to = Math.floor(((group + 1) * chunks.length) / comparedChunksMax);
    const sum = new Float32Array(chunks[0]?.length ?? 0);
    for (const chunk of chunks.slice(from, to))
      for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] ?? 0) + (chunk[at] ?? 0);
    const length = Math.sqrt(dot(sum, sum));
    return length > 0 ? sum.map((value) => value / length) : sum;
  });
}

/** For each chunk of two texts the cosine to the closest chunk of the other one, and where that is; zeros where one is empty. */
export interface ClosestChunks {
  readonly ofFirst: Float64Array;
  readonly ofSecond: Float64Array;
  readonly placeOfFirst: Uint16Array;
  readonly placeOfSecond: Uint16Array;
}

/** Compares all chunks of two texts. */
export function closestChunks(first: EmbeddedText, second: EmbeddedText): ClosestChunks {
  const isEmpty = first.chunks.length === 0 || second.chunks.length === 0;
  const ofFirst = new Float64Array(first.chunks.length).fill(isEmpty ? 0 : -1);
  const ofSecond = new Float64Array(second.chunks.length).fill(isEmpty ? 0 : -1);
  const placeOfFirst = new Uint16Array(first.chunks.length);
  const placeOfSecond = new Uint16Array(second.chunks.length);
  first.chunks.forEach((left, row) => {
    second.chunks.forEach((right, column) => {
      const similarity = dot(left, right);
      if (similarity > (ofFirst[row] ?? -1)) [ofFirst[row], placeOfFirst[row]] = [similarity, column];
      if (similarity > (ofSecond[column] ?? -1)) [ofSecond[column], placeOfSecond[column]] = [similarity, row];
    });
  });
  return { ofFirst, ofSecond, placeOfFirst, placeOfSecond };
}

/**
 * Similarity of two texts, -1 … 1: the average of the cosine of their means (what they are about as a whole) and of the
 * mean cosine of each chunk with the other text's closest (what they say in detail). Symmetric. 0 where one is empty.
 */
export function textSimilarity(first: EmbeddedText, second: EmbeddedText, closest: ClosestChunks): number {
  if (first.chunks.length === 0 || second.chunks.length === 0) return 0;
  return (2 * dot(first.mean, second.mean) + average(closest.ofFirst) + average(closest.ofSecond)) / 4;
}

function average(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function dot(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  let sum = 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) sum += (a[index] as number) * (b[index] as number);
  return sum;
}
