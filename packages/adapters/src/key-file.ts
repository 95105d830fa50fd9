/** Private keys from files that only their owner can read. */

import { readFileSync, statSync } from 'node:fs';
import { fromHex, type Hex } from '@assay/protocol/bytes';
import type { Keyring } from '@assay/protocol/ports';
import { addressOf, signDigest } from '@assay/protocol/signature';

const groupAndOthers = 0o077;

/** The keyring of the secp256k1 key in a file: `0x` and 64 hexadecimal digits. Throws when others can read the file. */
export function keyringFromFile(path: string): Keyring {
  try {
    return keyringFromSecret(readSecretFile(path));
  } catch (error) {
    if (error instanceof RangeError)
      throw new RangeError(
        `The key file ${path} holds no private key: it must be 0x and 64 hexadecimal digits, not zero, below the curve's order.`,
        { cause: error },
      );
    throw error;
  }
}

/** The keyring of a key in hand. Throws a RangeError that does not repeat the key. */
export function keyringFromSecret(secret: string): Keyring {
  if (!/^0x[0-9a-fA-F]{64}$/.test(secret)) throw new RangeError('A private key must be 0x and 64 hexadecimal digits.');
  const key = fromHex(secret.toLowerCase() as Hex);
  let address: Hex;
  try {
    address = addressOf(key);
  } catch {
    // The library's error is not kept as the cause: it may carry the key.
    throw new RangeError('A private key must be more than zero and below the order of secp256k1.');
  }
  return { address, sign: async (digest) => signDigest(digest, key) };
}

/** The text of a secret's file, without white space around it. Throws when it is missing, empty, or readable by others. */
export function readSecretFile(path: string): string {
  let mode: number;
  try {
    mode = statSync(path).mode;
  } catch (error) {
    throw new Error(`The secret file ${path} cannot be read. Check that it exists and belongs to this user.`, {
      cause: error,
    });
  }
  if (process.platform !== 'win32' && (mode & groupAndOthers) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0');
    throw new Error(`The secret file ${path} has mode ${shown}: others can reach it. Run: chmod 600 ${path}`);
  }
  const secret = readFileSync(path, 'utf8').trim();
  if (secret === '') throw new Error(`The secret file ${path} is empty.`);
  return secret;
}
