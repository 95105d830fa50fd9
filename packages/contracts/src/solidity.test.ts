import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contractsFolder, runForge } from './forge.ts';

/** The nightly run draws 11,000 cases over both verifiers, `npm test` 600; the cores may be shared. */
const limitMs = 600_000;
const profile: Readonly<Record<string, string>> =
  process.env.TEST_SCOPE === 'whole' ? {} : { FOUNDRY_PROFILE: process.env.FOUNDRY_PROFILE ?? 'quick' };

/** The public vectors lie beside the project, not in it: without them their test is skipped. */
const vectors = join(contractsFolder, '../../../shared/data/eip-2537');
const vectorTests = 'Eip2537Test';

test('the Solidity tests pass', { timeout: limitMs }, () => {
  const run = runForge(['test', '--no-match-contract', vectorTests], limitMs, contractsFolder, profile);
  expect(run.status, run.output).toBe(0);
});

test('epochs, exits, slashing and invariants pass with operators that sign by BLS', { timeout: limitMs }, () => {
  const names = '^(ValidatorRegistry|OperatorStakes|Slashing|SystemInvariant)Test$';
  const run = runForge(['test', '--match-contract', names], limitMs, contractsFolder, {
    ...profile,
    ASSAY_TEST_BLS: 'true',
  });
  expect(run.status, run.output).toBe(0);
  expect(run.output).toContain('Ran 4 test suites');
});

test.skipIf(!existsSync(vectors))(
  'the precompiles meet the vectors of EIP-2537 (shared/data/eip-2537)',
  { timeout: limitMs },
  () => {
    const run = runForge(['test', '--match-contract', vectorTests], limitMs, contractsFolder, profile);
    expect(run.status, run.output).toBe(0);
  },
);

test('the example that pays on a verdict passes its tests', { timeout: limitMs }, () => {
  const run = runForge(['test'], limitMs, join(contractsFolder, '../../examples/payment-on-verdict'));
  expect(run.status, run.output).toBe(0);
  expect(run.output).toContain('9 tests passed');
});

test('the validator of ERC-8004 passes its tests', { timeout: limitMs }, () => {
  const run = runForge(['test'], limitMs, join(contractsFolder, '../../examples/erc-8004'));
  expect(run.status, run.output).toBe(0);
  expect(run.output).toContain('11 tests passed');
});

test('the static check finds nothing in the contracts', { timeout: limitMs }, () => {
  const run = runForge(['lint', 'solidity', '--deny', 'warnings'], limitMs, contractsFolder, profile);
  expect(run.status, run.output).toBe(0);
});

test('gas is what .gas-snapshot says', { timeout: limitMs }, () => {
  const run = runForge(['snapshot', '--match-contract', 'GasTest', '--check'], limitMs, contractsFolder, profile);
  expect(run.status, `${run.output}\nif the change is meant: npm run snapshot in packages/contracts`).toBe(0);
});

test.each(['make-vectors.mjs', 'make-bls-vectors.mjs', 'make-seat-vectors.mjs', 'make-question-vectors.mjs'])(
  'the vectors are what %s makes',
  { timeout: limitMs },
  (name) => {
    const script = join(contractsFolder, 'test', name);
    const run = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8', timeout: limitMs });
    expect(run.status, run.stderr).toBe(0);
  },
);
