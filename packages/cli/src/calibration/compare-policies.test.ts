import { examplePolicy } from '@assay/protocol/network/example-network';
import type { Policy } from '@assay/protocol/policy/policy';
import { expect, it } from 'vitest';
import { comparisonLines } from './calibration-summary.ts';
import { comparedWith } from './compare-policies.ts';
import type { MeasuredErrors } from './fit-policy.ts';

const sha256 = (byte: string) => `0x${byte.repeat(32)}` as const;
const data = [
  { name: 'a.jsonl', sha256: sha256('aa') },
  { name: 'b.jsonl', sha256: sha256('bb') },
];
const rate = (wrong: number, of: number) => ({ wrong, of, share: wrong / of, interval: { low: 0, high: 1 } });
const errors = (accepted: number, rejected: number): MeasuredErrors => ({
  falseAccept: rate(accepted, 100),
  falseReject: rate(rejected, 400),
  labels: {},
  agreementAuc: undefined,
  inData: {},
});
const fitted = { starting: errors(5, 2), expected: errors(7, 1) };

/** The policy with a record of a fit to some files. */
function fittedTo(files: typeof data): Policy {
  const stated = (wrong: number, of: number) => ({ wrong, of, lowPpm: 0, highPpm: 1_000_000 });
  const expected = { falseAccept: stated(8, 100), falseReject: stated(0, 400), labels: {} };
  return {
    ...examplePolicy,
    calibration: {
      falseRejectPpm: 10_000,
      data: files.map((one) => ({ ...one, use: 'attacks' as const, tasks: 1, submissions: 2 })),
      heads: { agreement: 'kept', contradiction: 'fitted' },
      inSample: expected,
      expected,
      folds: 3,
    },
  };
}

const compare = (policy: Policy, folds = 3) => comparedWith(policy, policy.modelDigest, fitted, data, folds);

it('measures a policy of other data as it is, and names the files that it has seen', () => {
  expect(compare(examplePolicy)).toEqual({
    policy: examplePolicy.name,
    version: examplePolicy.version,
    before: 'measured',
    seen: [],
    falseAccept: { before: { wrong: 5, of: 100 }, after: { wrong: 7, of: 100 }, isWorse: true },
    falseReject: { before: { wrong: 2, of: 400 }, after: { wrong: 1, of: 400 }, isWorse: false },
  });
  expect(compare(fittedTo(data.slice(0, 1)))).toMatchObject({ before: 'measured', seen: ['a.jsonl'] });
  expect(compare(fittedTo(data), 5)).toMatchObject({ before: 'measured', seen: ['a.jsonl', 'b.jsonl'] });
  const changed = [{ name: 'a.jsonl', sha256: sha256('ac') }, ...data.slice(1)];
  expect(compare(fittedTo(changed))).toMatchObject({ before: 'measured', seen: ['b.jsonl'] });
});

it('takes the cross-validated errors of a policy of the same files and folds, in any order', () => {
  expect(compare(fittedTo(data.toReversed()))).toMatchObject({
    before: 'cross-validated',
    seen: [],
    falseAccept: { before: { wrong: 8, of: 100 }, isWorse: false },
    falseReject: { before: { wrong: 0, of: 400 }, isWorse: true },
  });
});

it('compares no policy of another model', () => {
  expect(comparedWith(examplePolicy, sha256('0d'), fitted, data, 3)).toBeUndefined();
});

it('warns where one kind of error is worse, and not otherwise', () => {
  const warning = '  warning: the new policy is worse. Look at the labels above before you replace standard.';
  const worse = compare({ ...examplePolicy, name: 'standard' });
  expect(comparisonLines(worse)).toContain(warning);
  const better = { ...fitted, expected: errors(5, 1) };
  const lines = comparisonLines(comparedWith(examplePolicy, examplePolicy.modelDigest, better, data, 3));
  expect(lines.join(' ')).toContain('5.00 % (5 of 100)');
  expect(lines.join(' ')).not.toContain('warning');
});
