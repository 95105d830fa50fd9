/** A BLS certificate: one aggregate signature and the places of those who did not sign (`BlsQuorumVerifier`). */

import { concatBytes, fromHex, type Hex, toHex } from '../encoding/bytes.ts';
import { type Network, totalWeight, weightOf } from '../network/validator-set.ts';
import { isQuorum } from '../report/quorum.ts';
import { aggregateBls, isBlsSigned } from '../signature/bls.ts';
import type { Certificate } from './certificate.ts';

/** BLS keys of an epoch's members by operator, as `ValidatorRegistry.blsKeysOf` states them; none for who has none. */
export type BlsKeys = ReadonlyMap<Hex, Hex>;

/** One operator's BLS signature on a batch's cosignature digest. */
export interface BlsCosignature {
  readonly operator: Hex;
  readonly signature: Hex;
}

const keyBytes = 96;

/** Reads what `ValidatorRegistry.blsKeysOf` gives: 96 bytes for each member, zero for none. */
export function blsKeysOf(network: Network, packed: Hex): BlsKeys {
  const bytes = fromHex(packed);
  const keys = network.members.map(({ operator }, index) => {
    const key = bytes.subarray(index * keyBytes, (index + 1) * keyBytes);
    return [operator, key] as const;
  });
  const present = keys.filter(([, key]) => key.some((byte) => byte !== 0));
  return new Map(present.map(([operator, key]) => [operator, toHex(key)]));
}

/** True when the operator has a key in this epoch and signed the digest with it. */
export function isBlsCosigned(keys: BlsKeys, digest: Hex, { operator, signature }: BlsCosignature): boolean {
  const key = keys.get(operator);
  return key !== undefined && isBlsSigned(digest, signature, [key]);
}

/**
 * The certificate that checked cosignatures make (at most one each operator), or undefined when they are not worth more
 * than two thirds. It takes all of them: here who is missing costs gas, not who has signed.
 */
export function assembleBlsCertificate(
  network: Network,
  keys: BlsKeys,
  cosignatures: readonly BlsCosignature[],
): Certificate | undefined {
  const signatures = new Map(cosignatures.map(({ operator, signature }) => [operator, signature]));
  const signers = network.members.map(({ operator }) => operator).filter((operator) => signatures.has(operator));
  const weight = signers.reduce((sum, operator) => sum + (weightOf(network, operator) ?? 0n), 0n);
  if (!isQuorum(weight, totalWeight(network))) return undefined;
  const nonSigners = network.members.flatMap(({ operator }, index) =>
    keys.has(operator) && !signatures.has(operator) ? [index] : [],
  );
  const aggregate = aggregateBls(signers.map((operator) => signatures.get(operator) ?? '0x'));
  return { bytes: toHex(concatBytes(fromHex(aggregate), Uint8Array.from(nonSigners))), signers };
}
