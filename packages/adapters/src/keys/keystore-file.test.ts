import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keyringFromKeyFile } from './key-file.ts';
import { decryptKey, encryptKey } from './keystore-file.ts';

/** The test vector of the Web3 Secret Storage definition, for scrypt. */
const vector = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262_144,
      p: 8,
      r: 1,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
};
/** The same by PyCryptodome 4.4.0, at a quarter of the cost; like the definition's, it is not for Node's own scrypt. */
const cheaper = {
  ...vector,
  crypto: {
    ...vector.crypto,
    ciphertext: '955881f7b8c5b604ab8906c7a223b20c54e7ac5bd243f7c9befb0b72a395d140',
    kdfparams: { ...vector.crypto.kdfparams, n: 65_536 },
    mac: '4b951491bcd59a20bcae6d3feea0a5c869546e996aaca90d318a27fa5574b910',
  },
};
const isWhole = process.env.TEST_SCOPE === 'whole';
const password = 'testpassword';
const key = '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d';
const address = '0x008aeeda4d805471df9b2a5b0f38a0c3bcba786b';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-keystore-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

it.runIf(isWhole)('opens the key of the definition’s test vector', async () => {
  expect(await decryptKey(JSON.stringify(vector), password)).toBe(key);
});

it('opens a key that another library locked, and refuses what is no keystore', async () => {
  expect(await decryptKey(JSON.stringify(cheaper), password)).toBe(key);
  await expect(decryptKey('{"version": 1}', password)).rejects.toThrow('no keystore of version 3');
});

it('locks a key so that its password and no other opens it, and takes a plain file as before', async () => {
  const locked = file('locked.json', await encryptKey(key, password));
  await expect(keyringFromKeyFile(locked, file('wrong', 'wrong'))).rejects.toThrow('not its password');
  expect((await keyringFromKeyFile(locked, file('password', `${password}\n`))).address).toBe(address);
  await expect(keyringFromKeyFile(locked)).rejects.toThrow('is encrypted');
  expect((await keyringFromKeyFile(file('plain.key', `${key}\n`))).address).toBe(address);
});
