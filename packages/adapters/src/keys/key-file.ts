/** Private keys in files that only their owner can read. */

import { readFileSync, type Stats, statSync } from 'node:fs';
import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import type { Keyring } from '@assay/protocol/ports';
import { addressOfPublicKey, rememberSigner, signDigest } from '@assay/protocol/signature/signature';
import { publicKeyOf } from './fast-primitives.ts';

const others = 0o007;
const groupWrites = 0o030;
const groupReads = 0o040;

/** The keyring of the secp256k1 key in a file: `0x` and 64 hexadecimal digits. Throws if others can read the file. */
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

/** The keyring of a key file that may be encrypted. Rejects if its password is missing or wrong, or if others can read a file. */
export async function keyringFromKeyFile(path: string, passwordFile?: string): Promise<Keyring> {
  const text = readSecretFile(path);
  if (!text.startsWith('{')) return keyringFromFile(path);
  if (passwordFile === undefined)
    throw new Error(`The key file ${path} is encrypted. Name the file with its password.`);
  // Most processes have plain key files or a remote signer, and need no library for encrypted ones.
  const { decryptKey } = await import('./keystore-file.ts');
  return keyringFromSecret(await decryptKey(text, readSecretFile(passwordFile)));
}

/** The keyring of a given key. Throws a RangeError that does not repeat the key. */
export function keyringFromSecret(secret: string): Keyring {
  if (!/^0x[0-9a-fA-F]{64}$/.test(secret)) throw new RangeError('A private key must be 0x and 64 hexadecimal digits.');
  const key = fromHex(secret.toLowerCase() as Hex);
  let address: Hex;
  try {
    address = addressOfPublicKey(publicKeyOf(key));
  } catch {
    // The library's error is not kept as the cause, because it may contain the key.
    throw new RangeError('A private key must be more than zero and below the order of secp256k1.');
  }
  return {
    address,
    async sign(digest) {
      const signature = signDigest(digest, key);
      // The operator sees its own observations again in proposals.
      rememberSigner(digest, signature, address);
      return signature;
    },
  };
}

/** The trimmed text of a secret file. Throws if it is missing, empty, or readable by others. */
export function readSecretFile(path: string): string {
  let file: Stats;
  try {
    file = statSync(path);
  } catch (error) {
    throw new Error(`The secret file ${path} cannot be read. Check that it exists and belongs to this user.`, {
      cause: error,
    });
  }
  if (process.platform !== 'win32' && isExposed(file)) {
    const shown = (file.mode & 0o777).toString(8).padStart(4, '0');
    throw new Error(`The secret file ${path} has mode ${shown}: others can reach it. Run: chmod 600 ${path}`);
  }
  const secret = readFileSync(path, 'utf8').trim();
  if (secret === '') throw new Error(`The secret file ${path} is empty.`);
  return secret;
}

/**
 * The secret in a file as it is at each call, since whoever mounts it may replace it; while the file cannot be read, as it
 * was last. Throws like {@link readSecretFile} if it cannot be read now.
 */
export function secretInFile(path: string): () => string {
  let secret = readSecretFile(path);
  return () => {
    try {
      secret = readSecretFile(path);
    } catch {
      // The next log-in reads it again.
    }
    return secret;
  };
}

/** A secret that the system mounts (owned by another user, as in Kubernetes) is readable through the group only. */
function isExposed({ mode, uid }: Stats): boolean {
  if ((mode & (others | groupWrites)) !== 0) return true;
  return (mode & groupReads) !== 0 && uid === process.getuid?.();
}
