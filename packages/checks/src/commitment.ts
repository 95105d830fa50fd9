/** A miner's promise about its output bytes. */

import { toHex } from '@assay/protocol/bytes';
import { blake3 } from '@noble/hashes/blake3.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';

const algorithms: ReadonlyMap<string, (bytes: Uint8Array) => Uint8Array> = new Map([
  ['sha256', (bytes) => sha256(bytes)],
  ['keccak256', (bytes) => keccak_256(bytes)],
  ['blake3', (bytes) => blake3(bytes)],
]);

/** True when a commitment `algorithm:hex` is that of the bytes; false also for an algorithm that is not known. */
export function isCommitmentTo(commitment: string, bytes: Uint8Array): boolean {
  const colon = commitment.indexOf(':');
  const hash = algorithms.get(commitment.slice(0, Math.max(0, colon)));
  return hash !== undefined && toHex(hash(bytes)).slice(2) === commitment.slice(colon + 1);
}

/** The commitment to some bytes, as `sha256:<64 hex digits>`; throws a RangeError for an algorithm that is not known. */
export function commitmentTo(bytes: Uint8Array, algorithm: 'sha256' | 'keccak256' | 'blake3'): string {
  const hash = algorithms.get(algorithm);
  if (hash === undefined) throw new RangeError(`There is no commitment by ${String(algorithm)}.`);
  return `${algorithm}:${toHex(hash(bytes)).slice(2)}`;
}
