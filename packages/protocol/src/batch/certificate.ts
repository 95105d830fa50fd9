/** A certificate: cosignatures of more than two thirds of the weight on one batch, in the form the contract checks. */
import { z } from 'zod';
import { concatBytes, fromHex, type Hex, toHex } from '../encoding/bytes.ts';
import { addressSchema, countSchema, digestSchema, signatureSchema } from '../encoding/fields.ts';
import { type Network, totalWeight, weightOf } from '../network/validator-set.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import { isQuorum } from '../report/quorum.ts';
import { recoverSigner } from '../signature/signature.ts';
import { type CosignatureFields, cosignatureDigest } from '../signature/typed-data.ts';

/** Schema of a cosignature on the bus. */
export const cosignatureSchema = z.strictObject({
  epoch: countSchema,
  sequence: countSchema,
  root: digestSchema,
  operator: addressSchema,
  signature: signatureSchema,
});

export type Cosignature = z.infer<typeof cosignatureSchema>;

/** Whether a cosignature counts for a batch. */
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
  const weight = weightOf(network, cosignature.operator);
  if (weight === undefined)
    return refused('unknown-operator', `${cosignature.operator} is not in the validator set.`, 'operator');
  if (recoverSigner(cosignatureDigest(network, batch), cosignature.signature) !== cosignature.operator) {
    return refused('forged', `The signature is not that of ${cosignature.operator}.`, 'signature');
  }
  return accepted(weight);
}

/** An ECDSA certificate and who signed it. */
export interface Certificate {
  /** 65-byte signatures, one after the other, ascending by signer (`EcdsaQuorumVerifier`). */
  readonly bytes: Hex;
  readonly signers: readonly Hex[];
}

/**
 * The certificate that checked cosignatures make (at most one each operator), or undefined when they are not worth more
 * than two thirds. It takes the fewest signers that reach the quorum, the heaviest first: each costs gas.
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
  return {
    bytes: toHex(concatBytes(...taken.map((one) => fromHex(one.signature)))),
    signers: taken.map((one) => one.operator),
  };
}
