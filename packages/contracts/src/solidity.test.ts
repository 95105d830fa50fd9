import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contractsFolder, runForge } from './forge.ts';

const limitMs = 120_000;

test('the Solidity tests pass', { timeout: limitMs }, () => {
  const run = runForge(['test'], limitMs);
  expect(run.status, run.output).toBe(0);
});

test('gas is what .gas-snapshot says', { timeout: limitMs }, () => {
  const run = runForge(['snapshot', '--match-contract', 'GasTest', '--check'], limitMs);
  expect(run.status, `${run.output}\nif the change is meant: npm run snapshot in packages/contracts`).toBe(0);
});

test('the certificate vector is what its generator makes', { timeout: limitMs }, () => {
  const script = join(contractsFolder, 'test', 'make-vectors.mjs');
  const run = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8', timeout: limitMs });
  expect(run.status, run.stderr).toBe(0);
});
