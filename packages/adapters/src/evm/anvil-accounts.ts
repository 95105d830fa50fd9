/** The funded accounts of a local anvil chain: known to everyone, for tests and the local network only. */
import { type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { type HDKey, mnemonicToAccount } from 'viem/accounts';

const mnemonic = 'test test test test test test test test test test test junk';

/** Parent of all accounts: the words are hashed 2,048 times. */
let parent: HDKey | undefined;

/** Private key of anvil's account `index`. */
export function anvilAccountKey(index: number): Hex {
  parent ??= mnemonicToAccount(mnemonic, { path: "m/44'/60'/0'/0" }).getHdKey();
  const key = parent.deriveChild(index).privateKey;
  if (key === null) throw new Error(`anvil's account ${index} has no private key.`);
  return toHex(key);
}
