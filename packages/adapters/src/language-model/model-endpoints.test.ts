import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readModelPlaces } from './model-endpoints.ts';

const entry = { modelDigest: `0x${'ab'.repeat(32)}`, model: 'm', url: 'https://models.example/v1' };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-models-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function read(...entries: readonly object[]) {
  const file = join(folder, 'models.json');
  writeFileSync(file, JSON.stringify(entries));
  return readModelPlaces(file);
}

it('reads endpoints with what they may be sent', () => {
  expect(read(entry)).toEqual([{ ...entry, own: false, timeoutMs: 15_000, requestsMax: 8, likeliest: 20 }]);
  for (const url of ['http://127.0.0.1:8000/v1', 'http://[::1]:8000/v1', 'http://localhost/v1'])
    expect(read({ ...entry, url })).toHaveLength(1);
  expect(read({ ...entry, url: 'http://gpu.lan:8000/v1', own: true })).toHaveLength(1);
});

it.each([
  ['no TLS to another machine', [{ ...entry, url: 'http://models.example/v1' }], /https:\/\//],
  ['credentials in the address', [{ ...entry, url: 'https://me:secret@models.example/v1' }], /without credentials/],
  ['a query', [{ ...entry, url: 'https://models.example/v1?key=secret' }], /without credentials and query/],
  ['another scheme', [{ ...entry, url: 'file:///etc/passwd', own: true }], /https:\/\//],
  ['a field that nobody knows', [{ ...entry, apiKey: 'secret' }], /apiKey/],
  ['two endpoints of one model', [entry, { ...entry, url: 'https://other.example/v1' }], /two endpoints of one model/],
])('refuses %s', (_, entries, message) => {
  expect(() => read(...entries)).toThrow(message);
});
