/** What an operator signs before it joins a network: that an account may stake for it, and its BLS key. */
import { fromHex, type Hex, keccak256 } from '../encoding/bytes.ts';
import { hashOfText, structToSign, type ToSign, word } from './eip712.ts';

/** The chain and the contract that a consent is for. */
export interface ConsentDomain {
  readonly chainId: number;
  readonly contract: Hex;
}

const joinType = hashOfText('Join(address operator,address owner,uint64 joins)');
const blsKeyType = hashOfText('BlsKey(address operator,bytes key,uint64 version)');

/** `ValidatorRegistry.joinDigest`: `owner` may stake for `operator`, which has joined `joins` times before. */
export function joinDigest(registry: ConsentDomain, operator: Hex, owner: Hex, joins = 0): Hex {
  return joinToSign(registry, operator, owner, joins).digest;
}

/** What an operator signs for {@link joinDigest}. */
export function joinToSign(registry: ConsentDomain, operator: Hex, owner: Hex, joins: number): ToSign {
  const struct = [joinType, word(operator), word(owner), word(joins)];
  return structToSign({ ...registry, name: 'Assay registry' }, struct);
}

/** `BlsKeyRegistry.keyDigest`: signed by the operator, which wants the key, and by the key itself (`possession`). */
export function blsKeyDigest(keyRegistry: ConsentDomain, operator: Hex, key: Hex, version = 1): Hex {
  return blsKeyToSign(keyRegistry, operator, key, version).digest;
}

/** What an operator signs for {@link blsKeyDigest}. */
export function blsKeyToSign(keyRegistry: ConsentDomain, operator: Hex, key: Hex, version: number): ToSign {
  const struct = [blsKeyType, word(operator), keccak256(fromHex(key)), word(version)];
  return structToSign({ ...keyRegistry, name: 'Assay BLS keys' }, struct);
}
