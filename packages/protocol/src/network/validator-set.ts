/** The validator set: who may observe and cosign in an epoch, and with which weight. */
import { encodeAbiParameters } from 'viem/utils';
import { z } from 'zod';
import { fromHex, type Hex, keccak256, utf8 } from '../encoding/bytes.ts';
import { addressSchema, countSchema, digestSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';
import { quorumFraction } from '../report/quorum.ts';

const weightSchema = z
  .string()
  .regex(/^[1-9][0-9]{0,28}$/)
  .transform(BigInt)
  .refine((weight) => weight < 2n ** 96n, { error: 'must be below 2^96' });

/** A network as stated on chain: contract addresses, epoch, members and policies. */
export const networkSchema = z.strictObject({
  chainId: z.int().min(1),
  hub: addressSchema,
  epoch: countSchema,
  members: z
    .array(z.strictObject({ operator: addressSchema, weight: weightSchema }))
    .min(1)
    .max(limits.operatorsMax)
    .refine((all) => all.every((one, index) => index === 0 || (all[index - 1]?.operator ?? '') < one.operator), {
      error: 'must ascend by operator, each there once',
    }),
  policiesDigest: digestSchema,
});

/** Weights in wei-like units (uint96); members ascend by address. */
export interface Member {
  readonly operator: Hex;
  readonly weight: bigint;
}

export interface Network {
  readonly chainId: number;
  readonly hub: Hex;
  readonly epoch: number;
  readonly members: readonly Member[];
  readonly policiesDigest: Hex;
}

/** The weight of all members together. */
export function totalWeight(network: Network): bigint {
  return network.members.reduce((sum, member) => sum + member.weight, 0n);
}

/** An operator's weight, or undefined when it is not in the set. */
export function weightOf(network: Network, operator: Hex): bigint | undefined {
  return network.members.find((member) => member.operator === operator)?.weight;
}

/** Digest of the members, as `ValidatorRegistry.setDigest` computes it: keccak256(abi.encode(members)). */
export function setDigest(members: readonly Member[]): Hex {
  const encoded = encodeAbiParameters(
    [{ type: 'tuple[]', components: [{ type: 'address' }, { type: 'uint96' }] }],
    [members.map((member) => [member.operator, member.weight] as const)],
  );
  return keccak256(fromHex(encoded));
}

/** Computed once for each network object, because every observation needs it. */
const configDigests = new WeakMap<Network, Hex>();

/** Digest of chain id, contract, set, threshold and policies, as `AssayHub.configDigest`: every signature is bound to it. */
export function configDigest(network: Network): Hex {
  const known = configDigests.get(network);
  if (known !== undefined) return known;
  const encoded = encodeAbiParameters(
    [
      { type: 'bytes32' },
      { type: 'uint256' },
      { type: 'address' },
      { type: 'bytes32' },
      { type: 'uint256' },
      { type: 'uint256' },
      { type: 'bytes32' },
    ],
    [
      keccak256(utf8('Assay config v1')),
      BigInt(network.chainId),
      network.hub,
      setDigest(network.members),
      quorumFraction.numerator,
      quorumFraction.denominator,
      network.policiesDigest,
    ],
  );
  const digest = keccak256(fromHex(encoded));
  configDigests.set(network, digest);
  return digest;
}
