import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSecretFile } from '@assay/adapters/keys/key-file';
import { readSettings } from '@assay/runtime/service/settings';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settings as shape } from '../config.ts';
import { testGateway } from '../gateway.fixture.ts';
import { keyBookOf } from './open-key-book.ts';

let folder = '';
const required = ['CHAIN_RPC_URL', 'HUB_ADDRESS', 'REGISTRY_ADDRESS', 'KEYSTORE_ADDRESS', 'POLICIES_FILE', 'NATS_URL'];
const others = Object.fromEntries(
  required.map((name) => [name, name.endsWith('ADDRESS') ? `0x${'01'.repeat(20)}` : 'http://127.0.0.1']),
);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-test-'));
  await writeFile(join(folder, 'good'), 'a'.repeat(32), { mode: 0o600 });
  await writeFile(join(folder, 'short'), 'a'.repeat(31), { mode: 0o600 });
  await writeFile(join(folder, 'spaced'), 'a b'.repeat(32), { mode: 0o600 });
});
afterAll(() => rm(folder, { recursive: true }));

const opened = (API_KEYS: string, files: Record<string, string> = {}) => {
  const named = Object.entries(files).map(([name, file]) => [name, join(folder, file)]);
  return keyBookOf(
    readSettings(shape, { ...others, API_KEYS, ...Object.fromEntries(named) }),
    testGateway().gateway,
    (count) => Buffer.alloc(count),
    readSecretFile,
  );
};

describe('keyBookOf', () => {
  it('opens a book where keys are required, and none where they are off', () => {
    expect(opened('off')).toBeUndefined();
    const book = opened('required', { API_KEYS_SECRET_FILE: 'good', ADMIN_KEY_FILE: 'good' });
    expect(book?.authenticate('a'.repeat(32))).toMatchObject({ owner: 'installation' });
    expect(opened('required', { API_KEYS_SECRET_FILE: 'good' })?.authenticate('a'.repeat(32))).toBeUndefined();
  });

  it.each([
    [{}, /API_KEYS_SECRET_FILE is not set/],
    [{ API_KEYS_SECRET_FILE: 'short' }, /API_KEYS_SECRET_FILE: .*32 to 256/],
    [{ API_KEYS_SECRET_FILE: 'good', ADMIN_KEY_FILE: 'spaced' }, /ADMIN_KEY_FILE: .*without spaces/],
    [{ API_KEYS_SECRET_FILE: 'missing' }, /API_KEYS_SECRET_FILE: .*cannot be read/],
  ])('refuses %o in words', (files, words) => {
    expect(() => opened('required', files)).toThrow(words);
  });
});
