import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { entryBeside, nodeFlagsOf, sourceCondition } from './entry-file.ts';

it('an entry has the form of the file that names it', () => {
  expect(entryBeside('file:///a/src/main.ts', 'check-thread').href).toBe('file:///a/src/check-thread.ts');
  expect(entryBeside('file:///a/dist/main.js', 'check-thread').href).toBe('file:///a/dist/check-thread.js');
});

it('sources are started with the condition that every package exports', () => {
  expect(nodeFlagsOf('/a/src/main.ts')).toContain(`--conditions=${sourceCondition}`);
  const { exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(exports['./*']).toHaveProperty(sourceCondition);
});

it('built code is started with its source maps if it has them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'entry-file-'));
  try {
    const entry = join(folder, 'main.js');
    expect(nodeFlagsOf(entry)).toEqual([]);
    writeFileSync(`${entry}.map`, '{}');
    expect(nodeFlagsOf(entry)).toEqual(['--enable-source-maps']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
