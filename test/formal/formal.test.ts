/** What `npm run formal` runs fits the contracts: the proofs themselves take minutes and are part of the nightly run. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type CheckResult, outcomeOf, resultsIn } from './halmos.ts';
import { mutants } from './mutants.ts';
import { edited, modelEdits, readContract } from './project.ts';
import { claimOf, claims, properties } from './properties.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const checks = properties.map(({ check }) => check);

describe('the properties', () => {
  it('are the checks of packages/contracts/test/formal', () => {
    const written = globSync('packages/contracts/test/formal/*.sol', { cwd: root }).flatMap((path) =>
      [...readFileSync(`${root}${path}`, 'utf8').matchAll(/function (check_\w+)\(/g)].map((match) => match[1]),
    );
    expect(new Set(written)).toEqual(new Set(checks));
    expect(written.length).toBe(checks.length);
  });

  it('cover every claim', () => {
    expect(new Set(checks.map(claimOf))).toEqual(new Set(Object.keys(claims)));
    expect(() => claimOf('check_other_thing')).toThrow('no claim is named other');
  });

  it('are all in docs/formal.md', () => {
    const page = readFileSync(`${root}docs/formal.md`, 'utf8');
    expect(checks.filter((check) => !page.includes(`\`${check}\``))).toEqual([]);
  });
});

describe('the mutants', () => {
  it('break every property', () => {
    expect(new Set(mutants.map(({ check }) => check))).toEqual(new Set(checks));
  });

  it.each(mutants.map(({ fault, edits }) => [fault, edits] as const))(
    'change a place that is there: %s',
    (_, edits) => {
      for (const edit of [...modelEdits, ...edits]) {
        const before = readContract(edit.file);
        expect(edited(before, edit)).not.toBe(before);
      }
    },
  );

  it('are refused where a place is not there, or twice', () => {
    expect(() => edited('a a', { file: 'x.sol', from: 'a', to: 'b' })).toThrow('x.sol: `a` is there 2 times');
    expect(() => edited('', { file: 'x.sol', from: 'a', to: 'b' })).toThrow('is there 0 times');
  });
});

describe('a result of Halmos', () => {
  const passed: CheckResult = { name: 'check_a', exitcode: 0, num_paths: [3, 1, 0], num_bounded_loops: 0 };

  it('is a proof only where every path was followed to its end', () => {
    expect(outcomeOf(passed)).toBe('holds');
    expect(outcomeOf({ ...passed, num_bounded_loops: 1 })).toBe('unknown');
    expect(outcomeOf({ ...passed, num_paths: [3, 0, 0] })).toBe('unknown');
    expect(outcomeOf({ ...passed, num_paths: [3, 1, 1] })).toBe('unknown');
    expect(outcomeOf({ ...passed, num_paths: null, num_bounded_loops: null })).toBe('unknown');
    expect(outcomeOf({ ...passed, exitcode: 2 })).toBe('unknown');
    expect(outcomeOf({ ...passed, exitcode: 4 })).toBe('unknown');
    expect(outcomeOf({ ...passed, exitcode: 1 })).toBe('fails');
  });

  it('comes from the JSON of all contracts', () => {
    const json = JSON.stringify({
      exitcode: 0,
      test_results: { 'a.sol:A': [{ ...passed, name: 'check_a(uint256)' }] },
    });
    expect(resultsIn(json)).toEqual([passed]);
  });
});
