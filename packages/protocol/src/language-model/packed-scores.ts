/**
 * Scored tokens as bytes, for caches and threads: for each token, 32-bit little-endian numbers: how many others are
 * listed, its log-probability, and theirs.
 */
import type { ScoredToken } from './language-model.ts';

const numberBytes = 4;
/** Least log-probability that has a place, in thousandths. */
export const logprobMin = -10_000_000;

/** Packs tokens. Values outside of `logprobMin` … 0 are clamped. */
export function packScores(tokens: readonly ScoredToken[]): Uint8Array {
  const bytes = new Uint8Array(tokens.reduce((sum, { likeliest }) => sum + numberBytes * (2 + likeliest.length), 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  const put = (value: number) => {
    view.setInt32(at, value, true);
    at += numberBytes;
  };
  const clamped = (value: number) => Math.max(logprobMin, Math.min(0, Math.round(value)));
  for (const { logprob, likeliest } of tokens) {
    put(likeliest.length);
    put(clamped(logprob));
    for (const value of likeliest) put(clamped(value));
  }
  return bytes;
}

/** Unpacks tokens; undefined if the bytes are not what {@link packScores} makes. */
export function unpackScores(bytes: Uint8Array): ScoredToken[] | undefined {
  if (bytes.length % numberBytes !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const numbers = Array.from({ length: bytes.length / numberBytes }, (_, at) => view.getInt32(numberBytes * at, true));
  const tokens: ScoredToken[] = [];
  let at = 0;
  while (at < numbers.length) {
    const count = numbers[at] ?? 0;
    const [logprob, ...likeliest] = numbers.slice(at + 1, at + 2 + Math.max(0, count));
    if (logprob === undefined || likeliest.length !== count) return undefined;
    if ([logprob, ...likeliest].some((value) => value > 0 || value < logprobMin)) return undefined;
    tokens.push({ logprob, likeliest });
    at += 2 + count;
  }
  return tokens;
}
