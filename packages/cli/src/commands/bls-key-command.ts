/** `assay bls-key`: the BLS key that an operator's validators derive, and the call that registers it. */
import { registerBlsKeyCall } from '@assay/adapters/evm/bls-key-call';
import { keyringFromSecret, readSecretFile } from '@assay/adapters/keys/key-file';
import { operatorBlsKey } from '@assay/adapters/keys/operator-secret';
import { type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { blsPublicKey } from '@assay/protocol/signature/bls';
import { print } from '../output/terminal.ts';
import { UsageError } from './usage-error.ts';

/** Options of `bls-key`. */
export interface BlsKeyOptions {
  readonly keyFile: string;
  readonly chainId: number;
  readonly registry: string;
  /** How many keys the operator has registered before. */
  readonly version: number;
}

/** Prints one JSON object: operator, key, contract and call data. The secret key is not printed. Returns 0. */
export async function blsKeyCommand({ keyFile, chainId, registry, version }: BlsKeyOptions): Promise<number> {
  if (!/^0x[0-9a-fA-F]{40}$/.test(registry)) throw new UsageError('--registry must be 0x and 40 hexadecimal digits.');
  const contract = registry.toLowerCase() as Hex;
  const privateKey = readSecretFile(keyFile).toLowerCase() as Hex;
  const keyring = keyringFromSecret(privateKey);
  const secret = await operatorBlsKey(keyring);
  const data = registerBlsKeyCall({ chainId, contract }, privateKey, toHex(secret), version + 1);
  print(JSON.stringify({ operator: keyring.address, key: blsPublicKey(secret), to: contract, data }));
  return 0;
}
