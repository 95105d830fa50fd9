/** The account that signs transactions, with a given key or with a keyring. */
import { fromHex, type Hex, keccak256 } from '@assay/protocol/encoding/bytes';
import type { Keyring } from '@assay/protocol/ports';
import { serializeTransaction, type TransactionSerializableEIP1559 } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

/** Signs transactions of one address. */
export interface TransactionSigner {
  readonly address: Hex;
  /** The signed transaction in the encoding that nodes accept (EIP-1559, EIP-2718). */
  signTransaction(transaction: TransactionSerializableEIP1559): Promise<Hex>;
}

/** The signer of a key, `0x` and 64 hexadecimal digits, or of a keyring. Throws a RangeError that does not repeat the key. */
export function transactionSigner(key: Hex | Keyring): TransactionSigner {
  if (typeof key !== 'string') return { address: key.address, signTransaction: (one) => signedBy(key, one) };
  if (!/^0x[0-9a-f]{64}$/i.test(key) || fromHex(key.toLowerCase() as Hex).every((byte) => byte === 0))
    throw new RangeError('The transmitter key must be 0x and 64 hexadecimal digits.');
  const account = privateKeyToAccount(key);
  return { address: account.address, signTransaction: (one) => account.signTransaction(one) };
}

async function signedBy(keyring: Keyring, transaction: TransactionSerializableEIP1559): Promise<Hex> {
  const preimage = serializeTransaction(transaction);
  const signature = await keyring.sign(keccak256(fromHex(preimage)), preimage);
  return serializeTransaction(transaction, {
    r: signature.slice(0, 66) as Hex,
    s: `0x${signature.slice(66, 130)}`,
    yParity: Number.parseInt(signature.slice(130), 16) - 27,
  });
}
