import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contractsFolder, runForge } from './forge.ts';

/** The nightly run draws 11,000 cases over both verifiers, `npm test` 600; the cores may be shared. */
const limitMs = 600_000;
const isWhole = process.env.TEST_SCOPE === 'whole';
const profile: Readonly<Record<string, string>> = isWhole
  ? {}
  : { FOUNDRY_PROFILE: process.env.FOUNDRY_PROFILE ?? 'quick' };
const built = join(contractsFolder, '../../.assay/unoptimised');

/**
 * The nightly run tests the bytecode that is deployed. `npm test` does without the optimizer, which takes two thirds of
 * the compiler's time: gas, chains and networks have it there.
 * @param name of a folder for what is built, apart from the optimised
 */
function unoptimised(name: string): Readonly<Record<string, string>> {
  if (isWhole) return {};
  const places = { FOUNDRY_OUT: join(built, name, 'out'), FOUNDRY_CACHE_PATH: join(built, name, 'cache') };
  return { FOUNDRY_OPTIMIZER: 'false', ...places };
}

const tests = { ...profile, ...unoptimised('contracts') };

const example = (name: string) => join(contractsFolder, '../../examples', name);

/** The public vectors lie beside the project, not in it: without them their test is skipped. */
const vectors = join(contractsFolder, '../../../shared/data/eip-2537');
const vectorTests = 'Eip2537Test';
/** They need the optimizer, and pass or fail with the snapshot. */
const gasTests = 'GasTest';

test('the Solidity tests pass', { timeout: limitMs }, () => {
  const others = ['test', '--no-match-contract', `^(${vectorTests}|${gasTests})$`];
  const run = runForge(others, limitMs, contractsFolder, tests);
  expect(run.status, run.output).toBe(0);
});

test('epochs, exits, slashing and invariants pass with operators that sign by BLS', { timeout: limitMs }, () => {
  const names = '^(ValidatorRegistry|OperatorStakes|Slashing|SystemInvariant)Test$';
  const run = runForge(['test', '--match-contract', names], limitMs, contractsFolder, {
    ...tests,
    ASSAY_TEST_BLS: 'true',
  });
  expect(run.status, run.output).toBe(0);
  expect(run.output).toContain('Ran 4 test suites');
});

test.skipIf(!existsSync(vectors))(
  'the precompiles meet the vectors of EIP-2537 (shared/data/eip-2537)',
  { timeout: limitMs },
  () => {
    const run = runForge(['test', '--match-contract', vectorTests], limitMs, contractsFolder, tests);
    expect(run.status, run.output).toBe(0);
  },
);

test('the example that pays on a verdict passes its tests', { timeout: limitMs }, () => {
  const run = runForge(['test'], limitMs, example('payment-on-verdict'), unoptimised('payment-on-verdict'));
  expect(run.status, run.output).toBe(0);
  expect(run.output).toContain('9 tests passed');
});

test('the validator of ERC-8004 passes its tests', { timeout: limitMs }, () => {
  const run = runForge(['test'], limitMs, example('erc-8004'), unoptimised('erc-8004'));
  expect(run.status, run.output).toBe(0);
  expect(run.output).toContain('11 tests passed');
});

test('the static check finds nothing in the contracts', { timeout: limitMs }, () => {
  const run = runForge(['lint', 'solidity', '--deny', 'warnings'], limitMs, contractsFolder, profile);
  expect(run.status, run.output).toBe(0);
});

test('gas is what .gas-snapshot says', { timeout: limitMs }, () => {
  const run = runForge(['snapshot', '--match-path', 'test/Gas.t.sol', '--check'], limitMs, contractsFolder, profile);
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
