import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recoverSigner } from '@assay/protocol/signature/signature';
import { afterAll, describe, expect, it } from 'vitest';
import { keyringFromFile, keyringFromSecret, readSecretFile, secretInFile } from './key-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const secret = `0x${'11'.repeat(32)}`;

describe('keys from files', () => {
  it('sign as the address that they state', async () => {
    const keyring = keyringFromFile(file('good', `${secret}\n`));
    const digest = `0x${'22'.repeat(32)}` as const;
    expect(recoverSigner(digest, await keyring.sign(digest, '0x'))).toBe(keyring.address);
    expect(keyring.address).toBe(keyringFromSecret(secret.toUpperCase().replace('0X', '0x')).address);
  });

  it.each([0o640, 0o604, 0o666])('are refused when others can reach them (%o), with what to run', (mode) => {
    const path = file(`open${mode}`, secret, mode);
    expect(() => keyringFromFile(path)).toThrow(`Run: chmod 600 ${path}`);
  });

  it.each([
    ['short', '0x1234'],
    ['zero', `0x${'00'.repeat(32)}`],
    ['beyond', `0x${'ff'.repeat(32)}`],
  ])('are refused when they are not a key (%s), without repeating it', (name, text) => {
    const path = file(name, text);
    expect(() => keyringFromFile(path)).toThrow(path);
    expect(() => keyringFromFile(path)).not.toThrow(text);
  });

  it('say which file is missing or empty', () => {
    expect(() => readSecretFile(join(folder, 'none'))).toThrow(join(folder, 'none'));
    expect(() => readSecretFile(file('empty', ' \n'))).toThrow(/is empty/);
    expect(() => secretInFile(join(folder, 'none'))).toThrow(join(folder, 'none'));
  });

  it('give the secret that they hold now, or held last', () => {
    const path = file('password', 'the first');
    const current = secretInFile(path);
    expect(current()).toBe('the first');
    writeFileSync(path, 'the second');
    expect(current()).toBe('the second');
    rmSync(path);
    expect(current()).toBe('the second');
  });
});
