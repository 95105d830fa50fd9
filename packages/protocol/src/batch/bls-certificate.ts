/** A BLS certificate: one aggregate signature and the places of those who did not sign (`BlsQuorumVerifier`). */

import { concatBytes, fromHex, type Hex, toHex } from '../encoding/bytes.ts';
import { type Network, totalWeight, weightOf } from '../network/validator-set.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import type { RefusalCode } from '../refusal-codes.ts';
import { isQuorum } from '../report/quorum.ts';
import { aggregateBls, isBlsSigned } from '../signature/bls.ts';
import { type CosignatureFields, cosignatureDigest } from '../signature/typed-data.ts';
import type { Certificate } from './certificate.ts';

/** One operator's BLS signature on a batch's cosignature digest. */
export interface BlsCosignature {
  readonly operator: Hex;
  readonly signature: Hex;
}

const keyBytes = 192;
const signatureBytes = 96;

/** Reads what `ValidatorRegistry.blsKeysOf` gives, in the members' order: 192 bytes for each, zero for none. */
export function blsKeysIn(packed: Hex, members: number): (Hex | undefined)[] {
  const bytes = fromHex(packed);
  return Array.from({ length: members }, (_, index) => {
    const key = bytes.subarray(index * keyBytes, (index + 1) * keyBytes);
    return key.some((byte) => byte !== 0) ? toHex(key) : undefined;
  });
}

/** True when all operators have keys in this epoch, and the signature is their aggregate over the digest. */
export function isBlsCosigned(network: Network, digest: Hex, operators: readonly Hex[], signature: Hex): boolean {
  const keys = operators.map((operator) => network.members.find((member) => member.operator === operator)?.blsKey);
  const known = keys.filter((key) => key !== undefined);
  return known.length === keys.length && isBlsSigned(digest, signature, known);
}

/**
 * The certificate made of BLS signatures (at most one for each operator), or undefined if their weight is not more than
 * two thirds. It uses all of them, because each missing one costs gas. Signatures are not checked against the digest.
 */
export function assembleBlsCertificate(
  network: Network,
  cosignatures: readonly BlsCosignature[],
): Certificate | undefined {
  const signatures = new Map(cosignatures.map(({ operator, signature }) => [operator, signature]));
  const signers = network.members.filter(({ operator }) => signatures.has(operator)).map(({ operator }) => operator);
  const weight = signers.reduce((sum, operator) => sum + (weightOf(network, operator) ?? 0n), 0n);
  if (!isQuorum(weight, totalWeight(network))) return undefined;
  const nonSigners = network.members.flatMap(({ operator, blsKey }, index) =>
    blsKey !== undefined && !signatures.has(operator) ? [index] : [],
  );
  const aggregate = aggregateBls(signers.map((operator) => signatures.get(operator) ?? '0x'));
  return { bytes: toHex(concatBytes(fromHex(aggregate), Uint8Array.from(nonSigners))), signers };
}

/**
 * The weight behind a certificate, or why `BlsQuorumVerifier` refuses it: the codes are its errors in words, looked for
 * in the same order.
 */
export function checkBlsCertificate(network: Network, batch: CosignatureFields, certificate: Hex): Checked<bigint> {
  const bytes = fromHex(certificate);
  const refuse = (code: RefusalCode, detail: string) => refused(code, detail, 'certificate');
  if (bytes.length < signatureBytes)
    return refuse('malformed-certificate', `No certificate has these ${bytes.length} bytes.`);
  const nonSigners = [...bytes.subarray(signatureBytes)];
  for (const [index, place] of nonSigners.entries()) {
    if (place <= (nonSigners[index - 1] ?? -1)) return refuse('non-signers-not-ascending', `${place} is out of order.`);
    if (network.members[place]?.blsKey === undefined)
      return refuse('unknown-non-signer', `The member at place ${place} has no BLS key.`);
  }
  const signers = network.members.filter(({ blsKey }, place) => blsKey !== undefined && !nonSigners.includes(place));
  const signed = signers.reduce((sum, { weight }) => sum + weight, 0n);
  const total = totalWeight(network);
  if (!isQuorum(signed, total))
    return refuse('quorum-not-reached', `The signers have ${signed} of ${total}: not more than two thirds.`);
  const signature = toHex(bytes.subarray(0, signatureBytes));
  const operators = signers.map(({ operator }) => operator);
  if (isBlsCosigned(network, cosignatureDigest(network, batch), operators, signature)) return accepted(signed);
  return refuse('invalid-aggregate', 'The signature is not that of all members who are not named as non-signers.');
}
