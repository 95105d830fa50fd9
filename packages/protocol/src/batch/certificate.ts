/**
 * A certificate: cosignatures of more than two thirds of the weight on one batch, in the form that `EcdsaQuorumVerifier`
 * checks: 16 bytes that say who has signed (bit i, from the lowest, is the member at place i), then for each bit that is
 * set, from the lowest up, 64 bytes: that member's signature by EIP-2098.
 */
import { z } from 'zod';
import { fromHex, type Hex, toHex } from '../encoding/bytes.ts';
import { addressSchema, blsSignatureSchema, countSchema, digestSchema, signatureSchema } from '../encoding/fields.ts';
import { type Network, totalWeight, weightOf } from '../network/validator-set.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import { isQuorum } from '../report/quorum.ts';
import { compactSignature, expandSignature, recoverSigner } from '../signature/signature.ts';
import { type CosignatureFields, cosignatureDigest } from '../signature/typed-data.ts';

/** Schema of a cosignature on the bus. */
export const cosignatureSchema = z.strictObject({
  epoch: countSchema,
  sequence: countSchema,
  root: digestSchema,
  operator: addressSchema,
  signature: signatureSchema,
  /** Where the hub takes BLS certificates: the same digest, signed with the operator's BLS key. */
  blsSignature: blsSignatureSchema.optional(),
});

export type Cosignature = z.infer<typeof cosignatureSchema>;

/** Whether a cosignature counts for a batch. A BLS signature must be there where it is needed; `certify` checks it. */
export function checkCosignature(
  network: Network,
  batch: CosignatureFields,
  cosignature: Cosignature,
): Checked<bigint> {
  if (cosignature.epoch !== network.epoch) {
    return refused(
      'wrong-epoch',
      `The cosignature is of epoch ${cosignature.epoch}; this is epoch ${network.epoch}.`,
      'epoch',
    );
  }
  if (cosignature.sequence !== batch.sequence || cosignature.root !== batch.root) {
    return refused('wrong-batch', `The cosignature is not on batch ${batch.epoch}-${batch.sequence}.`, 'root');
  }
  const member = network.members.find(({ operator }) => operator === cosignature.operator);
  if (member === undefined)
    return refused('unknown-operator', `${cosignature.operator} is not in the validator set.`, 'operator');
  if (network.certificates === 'bls') {
    if (member.blsKey === undefined)
      return refused('bls-key-missing', `${member.operator} has no BLS key in epoch ${network.epoch}.`, 'operator');
    if (cosignature.blsSignature === undefined)
      return refused(
        'bls-signature-missing',
        'This hub takes BLS certificates, and there is no BLS signature.',
        'blsSignature',
      );
  }
  if (recoverSigner(cosignatureDigest(network, batch), cosignature.signature) !== cosignature.operator) {
    return refused('forged', `The signature is not that of ${cosignature.operator}.`, 'signature');
  }
  return accepted(member.weight);
}

/** A certificate's bytes and who signed it, ascending by address. */
export interface Certificate {
  /** The form that the contract checks. */
  readonly bytes: Hex;
  readonly signers: readonly Hex[];
}

/**
 * The certificate made of checked cosignatures (at most one for each operator), or undefined if their weight is not
 * more than two thirds. Each signer costs gas, so it uses the fewest signers that reach the quorum, the heaviest first.
 */
export function assembleCertificate(network: Network, cosignatures: readonly Cosignature[]): Certificate | undefined {
  const total = totalWeight(network);
  const weight = (one: Cosignature) => weightOf(network, one.operator) ?? 0n;
  const oneOfEach = new Map(cosignatures.map((one) => [one.operator, one]));
  const heaviestFirst = [...oneOfEach.values()].sort((a, b) =>
    weight(b) > weight(a) ? 1 : weight(b) < weight(a) ? -1 : a.operator < b.operator ? -1 : 1,
  );
  const taken: Cosignature[] = [];
  let reached = 0n;
  for (const one of heaviestFirst) {
    if (isQuorum(reached, total)) break;
    taken.push(one);
    reached += weight(one);
  }
  if (!isQuorum(reached, total)) return undefined;
  taken.sort((a, b) => (a.operator < b.operator ? -1 : 1));
  return { bytes: encodeCertificate(network, taken), signers: taken.map((one) => one.operator) };
}

const signersBytes = 16;
const signatureBytes = 64;

/** Signatures of members, ascending by address and each there once, in the form that the contract checks. */
export function encodeCertificate(
  network: Network,
  cosignatures: readonly Pick<Cosignature, 'operator' | 'signature'>[],
): Hex {
  const bytes = new Uint8Array(signersBytes + signatureBytes * cosignatures.length);
  let previous = -1;
  for (const [index, { operator, signature }] of cosignatures.entries()) {
    const member = network.members.findIndex((one) => one.operator === operator);
    if (member <= previous) throw new RangeError(`${operator} is no member, or not above the signer before it.`);
    const place = signersBytes - 1 - (member >> 3);
    bytes[place] = (bytes[place] ?? 0) | (1 << (member & 7));
    bytes.set(compactSignature(signature), signersBytes + signatureBytes * index);
    previous = member;
  }
  return toHex(bytes);
}

/**
 * The weight behind a certificate, or why `EcdsaQuorumVerifier` refuses it: the codes are its errors in words, looked for
 * in the same order.
 */
export function checkCertificate(network: Network, batch: CosignatureFields, certificate: Hex): Checked<bigint> {
  const bytes = fromHex(certificate);
  const malformed = refused('malformed-certificate', `No certificate has these ${bytes.length} bytes.`, 'certificate');
  const count = (bytes.length - signersBytes) / signatureBytes;
  if (count < 0 || !Number.isInteger(count)) return malformed;
  const signers = signersOf(bytes);
  const beyond = signers.findLast((member) => member >= network.members.length);
  if (beyond !== undefined) return refused('unknown-signer', `There is no member at place ${beyond}.`, 'certificate');
  const digest = cosignatureDigest(network, batch);
  let signed = 0n;
  for (const [index, place] of signers.entries()) {
    if (index === count) return malformed;
    const member = network.members[place];
    const start = signersBytes + signatureBytes * index;
    const signature = expandSignature(bytes.subarray(start, start + signatureBytes));
    if (member === undefined || recoverSigner(digest, signature) !== member.operator)
      return refused('forged', `Signature ${index} is not that of its member.`, 'certificate');
    signed += member.weight;
  }
  if (signers.length !== count) return malformed;
  const total = totalWeight(network);
  if (isQuorum(signed, total)) return accepted(signed);
  return refused(
    'quorum-not-reached',
    `The signers have ${signed} of ${total}: not more than two thirds.`,
    'certificate',
  );
}

/** The places whose bits are set, ascending. */
function signersOf(bytes: Uint8Array): number[] {
  const places = Array.from({ length: 8 * signersBytes }, (_, place) => place);
  return places.filter((place) => (bytes[signersBytes - 1 - (place >> 3)] ?? 0) & (1 << (place & 7)));
}
