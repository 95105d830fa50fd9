/** Encrypted key files: Web3 Secret Storage version 3, as geth, foundry and most wallets read and write them. */
import { randomBytes, scrypt } from 'node:crypto';
import { type Hex, toHex } from '@assay/protocol/encoding/bytes';
import * as Keystore from 'ox/Keystore';

/** The cost that geth uses: some 256 MiB for half a second. */
const cost = { n: 262_144, r: 8, p: 1 } as const;
const keyBytes = 32;
const memoryBytesMax = 512 * 1024 * 1024;

type ScryptCost = Keystore.ScryptDeriveOpts['kdfparams'];

/**
 * The text of a key file, locked by a password.
 * @param n scrypt's cost: a power of two. Less than the default is for tests, which open a key many times
 */
export async function encryptKey(privateKey: Hex, password: string, n: number = cost.n): Promise<string> {
  const salt = randomBytes(32).toString('hex');
  const kdfparams = { ...cost, n, dklen: keyBytes, salt };
  const key = await scryptKey(password, kdfparams);
  const options = { kdf: 'scrypt', kdfparams, iv: new Uint8Array(randomBytes(16)) } as const;
  return `${JSON.stringify(Keystore.encrypt(privateKey, key, options))}\n`;
}

/** The key in the text of a key file. Rejects without repeating text or password. */
export async function decryptKey(text: string, password: string): Promise<Hex> {
  try {
    const keystore = JSON.parse(text) as Keystore.Keystore;
    const { kdf, kdfparams } = keystore.crypto;
    const key =
      kdf === 'scrypt' && isForNode(kdfparams as ScryptCost)
        ? await scryptKey(password, kdfparams as ScryptCost)
        : await Keystore.toKeyAsync(keystore, { password });
    return Keystore.decrypt(keystore, key);
  } catch {
    // The library's error is not kept as the cause, because it may contain what it read.
    throw new RangeError('The key file is no keystore of version 3, or this is not its password.');
  }
}

/** Node's scrypt takes a fifth of the time, and refuses n of 2^(16 r) and above, as RFC 7914 demands. */
function isForNode({ n, r }: ScryptCost): boolean {
  return n < 2 ** (16 * r);
}

function scryptKey(password: string, { n, r, p, dklen, salt }: ScryptCost): Promise<Hex> {
  const options = { N: n, r, p, maxmem: memoryBytesMax };
  return new Promise((resolve, reject) => {
    scrypt(password, Buffer.from(salt, 'hex'), dklen, options, (error, key) => {
      if (error === null) resolve(toHex(new Uint8Array(key)));
      else reject(error);
    });
  });
}
