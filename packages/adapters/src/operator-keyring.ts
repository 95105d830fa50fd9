/** An operator's key by its settings: a file, or a signer elsewhere. */
import type { Hex } from '@assay/protocol/bytes';
import type { Keyring } from '@assay/protocol/ports';
import { keyringFromFile } from './key-file.ts';
import { connectRemoteSigner } from './remote-signer.ts';

/** The names are those of the environment. */
export interface OperatorKeySettings {
  readonly OPERATOR_KEY_FILE?: string | undefined;
  readonly OPERATOR_SIGNER_URL?: string | undefined;
  readonly OPERATOR_ADDRESS?: Hex | undefined;
}

/** The keyring. Rejects with a sentence that names the settings when they are not exactly one of the two, or it cannot be had. */
export async function operatorKeyring(settings: OperatorKeySettings): Promise<Keyring> {
  const { OPERATOR_KEY_FILE: file, OPERATOR_SIGNER_URL: url, OPERATOR_ADDRESS: address } = settings;
  if (file !== undefined && url === undefined) return keyringFromFile(file);
  if (file === undefined && url !== undefined && address !== undefined) return connectRemoteSigner({ url, address });
  throw new Error('set either OPERATOR_KEY_FILE, or OPERATOR_SIGNER_URL with OPERATOR_ADDRESS');
}
