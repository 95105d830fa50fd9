/** The digest covers what measures, and is the same from sources and from a build. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { checksDigest } from './checks-digest.ts';
import { builtChecksDigest, checkSources, digestOfChecks } from './checks-sources.ts';

const root = new URL('../../../', import.meta.url);
const manifests = ['packages/checks/package.json', 'packages/adapters/package.json'];
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** The sources and manifests elsewhere, with a change of one file. */
function digestWith(path: string, change: (text: string) => string): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-checks-'));
  folders.push(folder);
  for (const file of [...checkSources(root), ...manifests]) cpSync(new URL(file, root), join(folder, file));
  if (!existsSync(join(folder, path))) cpSync(new URL(path, root), join(folder, path));
  const changed = join(folder, path);
  writeFileSync(changed, change(readFileSync(changed, 'utf8')));
  return digestOfChecks(pathToFileURL(`${folder}/`));
}

it('is the same wherever the sources are, and what a build states', () => {
  expect(digestWith('packages/checks/package.json', (text) => text)).toBe(checksDigest);
  expect(builtChecksDigest(root)).toContain(`checksDigest = '${checksDigest}'`);
});

it.each([
  'packages/checks/src/semantic/semantic-check.ts',
  'packages/checks/src/roles/embedding.ts',
  'packages/adapters/src/model/embedder-chunks.ts',
  'packages/runtime/src/check/text-vectors.ts',
])('changes with %s', (path) => {
  expect(digestWith(path, (text) => `${text}\n`)).not.toBe(checksDigest);
});

it('changes with a library that measures, and not with a fit, another library, or a release number', () => {
  const bumped = (text: string) => text.replace(/"eld": "[^"]+"/, '"eld": "9.9.9"');
  expect(digestWith('packages/checks/package.json', bumped)).not.toBe(checksDigest);
  const fastify = (text: string) => text.replace(/"fastify": "[^"]+"/, '"fastify": "9.9.9"');
  expect(digestWith('packages/adapters/package.json', fastify)).toBe(checksDigest);
  const release = (text: string) => text.replaceAll('"0.1.0"', '"0.2.0"');
  expect(digestWith('packages/checks/package.json', release)).toBe(checksDigest);
  expect(digestWith('packages/checks/src/calibration/roc.ts', (text) => `${text}\n`)).toBe(checksDigest);
});

it('counts what the checks of all roles import, and no fit', () => {
  const counted = checkSources(root);
  expect(counted).toEqual(
    expect.arrayContaining([
      'packages/checks/src/checksum/chunk-merkle.ts',
      'packages/checks/src/agreement/embedding-check.ts',
      'packages/checks/src/facts/contradiction.ts',
      'packages/adapters/src/model/embedder.ts',
    ]),
  );
  expect(counted.filter((path) => /\.test\.ts$|calibration\/(?:roc|fit-|calibrat)/.test(path))).toEqual([]);
});
