/** The call that registers an operator's BLS key. */
import { blsKeyRegistryAbi } from '@assay/contracts/generated/bls-key-registry';
import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import { blsPublicKey, signBls } from '@assay/protocol/signature/bls';
import { blsKeyDigest, type ConsentDomain } from '@assay/protocol/signature/operator-consent';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { encodeFunctionData } from 'viem';

/**
 * Call data of `BlsKeyRegistry.setKey`. Anyone may send it, because both keys sign what it registers.
 * @param version How many keys the operator will have registered with this one
 */
export function registerBlsKeyCall(registry: ConsentDomain, operatorKey: Hex, blsSecretKey: Hex, version = 1): Hex {
  const [own, secret] = [fromHex(operatorKey), fromHex(blsSecretKey)];
  const operator = addressOf(own);
  const key = blsPublicKey(secret);
  const digest = blsKeyDigest(registry, operator, key, version);
  return encodeFunctionData({
    abi: blsKeyRegistryAbi,
    functionName: 'setKey',
    args: [operator, key, signBls(digest, secret, 'possession'), signDigest(digest, own)],
  });
}
