/** The validator set: who may observe and cosign in an epoch, and with which weight. */
import { encodeAbiParameters } from 'viem/utils';
import { z } from 'zod';
import { fromHex, type Hex, keccak256, utf8 } from '../encoding/bytes.ts';
import { computedOf, frozenWith } from '../encoding/computed-once.ts';
import { addressSchema, blsKeySchema, countSchema, digestSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';
import { quorumFraction } from '../report/quorum.ts';

const weightSchema = z
  .string()
  .regex(/^[1-9][0-9]{0,28}$/)
  .transform(BigInt)
  .refine((weight) => weight < 2n ** 96n, { error: 'must be below 2^96' });

/** A network as stated on chain: contract addresses, epoch, members and policies. */
export const networkSchema = z
  .strictObject({
    chainId: z.int().min(1),
    hub: addressSchema,
    epoch: countSchema,
    members: z
      .array(z.strictObject({ operator: addressSchema, weight: weightSchema, blsKey: blsKeySchema.optional() }))
      .min(1)
      .max(limits.operatorsMax)
      .refine((all) => all.every((one, index) => index === 0 || (all[index - 1]?.operator ?? '') < one.operator), {
        error: 'must ascend by operator, each there once',
      }),
    policiesDigest: digestSchema,
    certificates: z.enum(['ecdsa', 'bls']).optional(),
  })
  .transform((network): Network => loadNetwork(network));

/** Weights in wei-like units (uint96); members ascend by address. */
export interface Member {
  readonly operator: Hex;
  readonly weight: bigint;
  /** The BLS key (192 bytes, see `signature/bls.ts`) that the epoch knows of this operator; absent: it has none. */
  readonly blsKey?: Hex | undefined;
}

/** What operators cosign with: the `scheme` of the hub's verifier. */
export type CertificateScheme = 'ecdsa' | 'bls';

export interface Network {
  readonly chainId: number;
  readonly hub: Hex;
  readonly epoch: number;
  readonly members: readonly Member[];
  readonly policiesDigest: Hex;
  /** `ecdsa` if absent. */
  readonly certificates?: CertificateScheme | undefined;
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

const digests = Symbol('digests of a network');

/** A network that cannot change any more, with its config digest computed. A copy computes it again for each use. */
export function loadNetwork(network: Network): Network {
  return frozenWith(network, digests, { config: computeConfigDigest(network) });
}

/** Digest of chain id, contract, set, threshold and policies, as `AssayHub.configDigest`: every signature is bound to it. */
export function configDigest(network: Network): Hex {
  return computedOf<{ readonly config: Hex }>(network, digests)?.config ?? computeConfigDigest(network);
}

function computeConfigDigest(network: Network): Hex {
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
  return keccak256(fromHex(encoded));
}
