/** The example network at a hub that takes BLS certificates. */
import type { Cosignature } from '../batch/certificate.ts';
import { cosignatureFieldsOf, type Proposal } from '../batch/proposal.ts';
import type { Hex } from '../encoding/bytes.ts';
import { blsPublicKey, signBls } from '../signature/bls.ts';
import { cosignatureDigest } from '../signature/typed-data.ts';
import { type Example, exampleCosignature } from './example-network.ts';
import { loadNetwork } from './validator-set.ts';

/**
 * The same network with BLS certificates. Each operator's BLS key is its private key.
 * @param keyless Places of operators without a BLS key
 */
export function withBlsCertificates(example: Example, keyless: readonly number[] = []): Example {
  const members = example.network.members.map((member, index) => {
    const operator = example.operators[index];
    if (operator === undefined || keyless.includes(index)) return member;
    return { ...member, blsKey: blsPublicKey(operator.privateKey) };
  });
  return { ...example, network: loadNetwork({ ...example.network, members, certificates: 'bls' }) };
}

/** One operator's cosignature with its BLS signature, or with another one. */
export function exampleBlsCosignature(
  example: Example,
  proposal: Proposal,
  operatorIndex: number,
  blsSignature: Hex = exampleBlsSignature(example, proposal, operatorIndex),
): Cosignature {
  return { ...exampleCosignature(example, proposal, operatorIndex), blsSignature };
}

/** One operator's BLS signature on a proposal. */
export function exampleBlsSignature(example: Example, proposal: Proposal, operatorIndex: number): Hex {
  const operator = example.operators[operatorIndex];
  if (operator === undefined) throw new RangeError(`The example has no operator ${operatorIndex}.`);
  return signBls(
    cosignatureDigest(example.network, cosignatureFieldsOf(example.network, proposal)),
    operator.privateKey,
  );
}
