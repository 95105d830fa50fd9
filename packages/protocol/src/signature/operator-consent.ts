/** What an operator signs before it joins a network: that an account may stake for it, and its BLS key. */
import { hashTypedData } from 'viem/utils';
import type { Hex } from '../encoding/bytes.ts';

/** The chain and the contract that a consent is for. */
export interface ConsentDomain {
  readonly chainId: number;
  readonly contract: Hex;
}

const types = {
  Join: [
    { name: 'operator', type: 'address' },
    { name: 'owner', type: 'address' },
    { name: 'joins', type: 'uint64' },
  ],
  BlsKey: [
    { name: 'operator', type: 'address' },
    { name: 'key', type: 'bytes' },
    { name: 'version', type: 'uint64' },
  ],
} as const;

const domainOf = (name: string, { chainId, contract }: ConsentDomain) => ({
  name,
  version: '1',
  chainId,
  verifyingContract: contract,
});

/** `ValidatorRegistry.joinDigest`: `owner` may stake for `operator`, which has joined `joins` times before. */
export function joinDigest(registry: ConsentDomain, operator: Hex, owner: Hex, joins = 0): Hex {
  return hashTypedData({
    domain: domainOf('Assay registry', registry),
    types,
    primaryType: 'Join',
    message: { operator, owner, joins: BigInt(joins) },
  });
}

/** `BlsKeyRegistry.keyDigest`: signed by the operator, which wants the key, and by the key itself (`possession`). */
export function blsKeyDigest(keyRegistry: ConsentDomain, operator: Hex, key: Hex, version = 1): Hex {
  return hashTypedData({
    domain: domainOf('Assay BLS keys', keyRegistry),
    types,
    primaryType: 'BlsKey',
    message: { operator, key, version: BigInt(version) },
  });
}
