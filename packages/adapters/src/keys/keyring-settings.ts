/** A keyring from settings: a key file, or a remote signer. Field names are those of the environment variables. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Keyring } from '@assay/protocol/ports';
import { keyringFromKeyFile } from './key-file.ts';
import { connectRemoteSigner } from './remote-signer.ts';

type Owner = 'OPERATOR' | 'TRANSMITTER' | 'SEALER';

/** The settings for one key. */
export type KeySettings<O extends Owner> = {
  readonly [name in `${O}_KEY_FILE` | `${O}_KEY_PASSWORD_FILE` | `${O}_SIGNER_URL`]?: string | undefined;
} & { readonly [name in `${O}_ADDRESS`]?: Hex | undefined };

/**
 * An operator's keyring. Rejects with a message that names the settings if not exactly one of the two is set, or if the
 * key cannot be loaded.
 */
export function operatorKeyring(settings: KeySettings<'OPERATOR'>): Promise<Keyring> {
  const { OPERATOR_KEY_FILE, OPERATOR_KEY_PASSWORD_FILE, OPERATOR_SIGNER_URL, OPERATOR_ADDRESS } = settings;
  const file = { key: OPERATOR_KEY_FILE, password: OPERATOR_KEY_PASSWORD_FILE };
  return keyringBy('OPERATOR', file, OPERATOR_SIGNER_URL, OPERATOR_ADDRESS);
}

/** The keyring of the account that pays, by the same rules. */
export function transmitterKeyring(settings: KeySettings<'TRANSMITTER'>): Promise<Keyring> {
  const { TRANSMITTER_KEY_FILE, TRANSMITTER_KEY_PASSWORD_FILE, TRANSMITTER_SIGNER_URL, TRANSMITTER_ADDRESS } = settings;
  const file = { key: TRANSMITTER_KEY_FILE, password: TRANSMITTER_KEY_PASSWORD_FILE };
  return keyringBy('TRANSMITTER', file, TRANSMITTER_SIGNER_URL, TRANSMITTER_ADDRESS);
}

/** The keyring that seals questions, by the same rules; undefined where nothing is set. */
export async function sealerKeyring(settings: KeySettings<'SEALER'>): Promise<Keyring | undefined> {
  const { SEALER_KEY_FILE, SEALER_KEY_PASSWORD_FILE, SEALER_SIGNER_URL, SEALER_ADDRESS } = settings;
  if (SEALER_KEY_FILE === undefined && SEALER_SIGNER_URL === undefined) return undefined;
  const file = { key: SEALER_KEY_FILE, password: SEALER_KEY_PASSWORD_FILE };
  return keyringBy('SEALER', file, SEALER_SIGNER_URL, SEALER_ADDRESS);
}

async function keyringBy(
  owner: Owner,
  file: { readonly key: string | undefined; readonly password: string | undefined },
  url: string | undefined,
  address: Hex | undefined,
): Promise<Keyring> {
  if (file.key !== undefined && url === undefined) return keyringFromKeyFile(file.key, file.password);
  if (file.key === undefined && url !== undefined && address !== undefined)
    return connectRemoteSigner({ url, address });
  throw new Error(`set either ${owner}_KEY_FILE, or ${owner}_SIGNER_URL with ${owner}_ADDRESS`);
}
