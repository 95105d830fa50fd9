/** The call that registers an operator's BLS key. */
import { blsKeyRegistryAbi } from '@assay/contracts/generated/bls-key-registry';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Keyring } from '@assay/protocol/ports';
import { blsPublicKey, signBls } from '@assay/protocol/signature/bls';
import { blsKeyToSign, type ConsentDomain } from '@assay/protocol/signature/operator-consent';
import { encodeFunctionData } from 'viem';

/**
 * Call data of `BlsKeyRegistry.setKey`. Anyone may send it, because both keys sign what it registers.
 * @param version How many keys the operator will have registered with this one
 */
export async function registerBlsKeyCall(
  registry: ConsentDomain,
  operator: Keyring,
  blsSecretKey: Uint8Array,
  version = 1,
): Promise<Hex> {
  const key = blsPublicKey(blsSecretKey);
  const { digest, preimage } = blsKeyToSign(registry, operator.address, key, version);
  return encodeFunctionData({
    abi: blsKeyRegistryAbi,
    functionName: 'setKey',
    args: [operator.address, key, signBls(digest, blsSecretKey, 'possession'), await operator.sign(digest, preimage)],
  });
}
