import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { entryBeside, nodeFlagsOf, sourceCondition } from './entry-file.ts';

it('an entry has the form of the file that names it', () => {
  expect(entryBeside('file:///a/src/main.ts', 'check-thread').href).toBe('file:///a/src/check-thread.ts');
  expect(entryBeside('file:///a/dist/main.js', 'check-thread').href).toBe('file:///a/dist/check-thread.js');
});

it('sources are started with the condition that every package exports', () => {
  expect(nodeFlagsOf('/a/src/main.ts')).toContain(`--conditions=${sourceCondition}`);
  expect(nodeFlagsOf('/a/dist/main.js')).toEqual(['--enable-source-maps']);
  const { exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(exports['./*']).toHaveProperty(sourceCondition);
});
