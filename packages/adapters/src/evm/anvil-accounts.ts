/** The funded accounts of a local anvil chain: known to everyone, for tests and the local network only. */
import { type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { mnemonicToAccount } from 'viem/accounts';

const mnemonic = 'test test test test test test test test test test test junk';

/** Private key of anvil's account `index`. */
export function anvilAccountKey(index: number): Hex {
  const key = mnemonicToAccount(mnemonic, { addressIndex: index }).getHdKey().privateKey;
  if (key === null) throw new Error(`anvil's account ${index} has no private key.`);
  return toHex(key);
}
