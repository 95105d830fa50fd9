/** What `npm run formal` runs fits the contracts: the proofs themselves take minutes and are part of the nightly run. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type CheckResult, outcomeOf, resultsIn } from './halmos.ts';
import { mutants } from './mutants.ts';
import { edited, exampleContracts, modelEdits, readContract } from './project.ts';
import { claimOf, claims, properties } from './properties.ts';
import { explainedFindings, findingsIn, nameOf, unmatched } from './slither-findings.ts';

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

describe('the findings of Slither', () => {
  const json = JSON.stringify({
    success: true,
    error: null,
    results: {
      detectors: [
        {
          check: 'unused-return',
          impact: 'Medium',
          description: 'words',
          elements: [
            {
              type: 'node',
              name: 'x = f()',
              type_specific_fields: {
                parent: {
                  type: 'function',
                  name: 'post',
                  type_specific_fields: { parent: { type: 'contract', name: 'AssayHub' } },
                },
              },
            },
          ],
        },
      ],
    },
  });

  it('are told by detector, contract and function', () => {
    expect(findingsIn(json).map(nameOf)).toEqual(['unused-return in AssayHub.post']);
    expect(() => findingsIn('{"success":false,"error":"no solc","results":{}}')).toThrow('no solc');
  });

  it('need an explanation, and an explanation needs its finding', () => {
    const found = findingsIn(json);
    const known = { detector: 'unused-return', place: 'AssayHub.post', because: 'it reverts' };
    expect(unmatched(found, [known])).toEqual({ unexplained: [], outdated: [] });
    expect(unmatched(found, [])).toEqual({ unexplained: found, outdated: [] });
    const other = { ...known, place: 'AssayHub.settle' };
    expect(unmatched(found, [other])).toEqual({ unexplained: found, outdated: [other] });
  });

  it('that are explained are of functions that are there, each once', () => {
    const sources = [
      ...globSync('packages/contracts/solidity/**/*.sol', { cwd: root }),
      ...exampleContracts.map((path) => `examples/${path}`),
    ];
    const text = sources.map((path) => readFileSync(`${root}${path}`, 'utf8')).join('\n');
    for (const { place } of explainedFindings) {
      const [contract = '', name = ''] = place.split('.');
      expect(text).toMatch(new RegExp(`(contract|library) ${contract}\\b`));
      expect(text).toContain(name === 'constructor' ? 'constructor(' : `function ${name}(`);
    }
    expect(new Set(explainedFindings.map(nameOf)).size).toBe(explainedFindings.length);
  });
});
