/** `assay bls-key`: the BLS key that an operator's validators derive, and the call that registers it. */
import { registerBlsKeyCall } from '@assay/adapters/evm/bls-key-call';
import { keyringFromKeyFile } from '@assay/adapters/keys/key-file';
import { operatorBlsKey } from '@assay/adapters/keys/operator-secret';
import { connectRemoteSigner } from '@assay/adapters/keys/remote-signer';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Keyring } from '@assay/protocol/ports';
import { blsPublicKey } from '@assay/protocol/signature/bls';
import { print } from '../output/terminal.ts';
import { UsageError } from './usage-error.ts';

/** Options of `bls-key`: the operator's key is in a file, or behind a signer. */
export interface BlsKeyOptions {
  readonly keyFile?: string;
  readonly passwordFile?: string;
  readonly signerUrl?: string;
  readonly signerAddress?: Hex;
  readonly chainId: number;
  readonly registry: Hex;
  /** How many keys the operator has registered before. */
  readonly version: number;
}

/** Prints one JSON object: operator, key, contract and call data. The secret key is not printed. Returns 0. */
export async function blsKeyCommand(options: BlsKeyOptions): Promise<number> {
  const { chainId, registry, version } = options;
  const operator = await operatorOf(options);
  const secret = await operatorBlsKey(operator);
  const data = await registerBlsKeyCall({ chainId, contract: registry }, operator, secret, version + 1);
  print(JSON.stringify({ operator: operator.address, key: blsPublicKey(secret), to: registry, data }));
  return 0;
}

async function operatorOf({ keyFile, passwordFile, signerUrl, signerAddress }: BlsKeyOptions): Promise<Keyring> {
  if (keyFile !== undefined) return keyringFromKeyFile(keyFile, passwordFile);
  if (signerUrl !== undefined && signerAddress !== undefined)
    return connectRemoteSigner({ url: signerUrl, address: signerAddress });
  throw new UsageError('Name the key of the operator: --key-file, or --signer-url with --signer-address.');
}
