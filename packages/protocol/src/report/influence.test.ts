import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exampleCertifiedReport,
  exampleNetwork,
  exampleObservations,
  examplePolicy,
  exampleReport,
  exampleTask,
  policyRequiring,
} from '../network/example-network.ts';
import type { Policy } from '../policy/policy.ts';
import { policyDigest } from '../policy/policy.ts';
import type { CertifiedReport } from './certified-report.ts';
import { clippedInfluence, influenceMax, statedScore } from './influence.ts';
import { influenceOf } from './influence-history.ts';

const rule = { farFrom: 1_000, scoresMin: 6 };

/** Certified reports of some tasks under a policy; `measure` says what the operator at a place scores as semantic. */
function reportsOf(
  policy: Policy,
  operators: number,
  measure: (operator: number, task: number) => number,
  tasks = 4,
): CertifiedReport[] {
  const example = exampleNetwork(
    Array.from({ length: operators }, () => 1n),
    policy,
  );
  return Array.from({ length: tasks }, (_, index) => {
    const { task } = exampleTask({ reference: `task ${index}` });
    const observations = exampleObservations(example, task, (operator, role) =>
      role === 'semantic' ? task.submissions.map(() => ({ score: measure(operator, index), flags: 0 })) : undefined,
    );
    return exampleCertifiedReport(example, [{ task, observations }]);
  });
}

const statedOf = (reports: readonly CertifiedReport[]) => reports[0]?.results[0]?.scores.semantic;

/** Honest operators' scores are 100 apart around 8,000; the first `liars` operators follow the given strategy. */
const honest = (operator: number) => 8_000 + 100 * (operator - 5);
const scenarios: readonly (readonly [
  name: string,
  liars: number,
  lie: (operator: number, task: number) => number,
  before: number,
  left: number,
  after: number,
])[] = [
  ['nobody lies', 0, honest, 7_900, influenceMax, 7_900],
  ['one of ten always says the worst', 1, () => 0, 7_900, 0, 8_000],
  ['three of ten always say the worst', 3, () => 0, 7_900, 0, 8_100],
  ['three of ten always say the best', 3, () => 10_000, 8_200, 0, 8_100],
  ['three of ten stay within the distance', 3, () => 7_300, 7_900, influenceMax, 7_900],
  [
    'three of ten lie about every second task',
    3,
    (operator, task) => (task % 2 ? 0 : honest(operator)),
    7_900,
    5_000,
    8_000,
  ],
  ['three of ten lie in both directions', 3, (operator) => (operator === 0 ? 0 : 10_000), 8_100, 0, 8_100],
];

describe('a colluding minority', () => {
  it.each(scenarios)('%s', (_, liars, lie, before, left, after) => {
    const measure = (operator: number, task: number) => (operator < liars ? lie(operator, task) : honest(operator));
    const first = reportsOf(examplePolicy, 10, measure);
    expect(statedOf(first)).toBe(before);
    const influence = influenceOf(first, rule);
    const operators = exampleNetwork(Array.from({ length: 10 }, () => 1n)).operators;
    const held = operators.map(({ address }) => influence[address]?.semantic ?? influenceMax);
    expect(held).toEqual(operators.map((_, index) => (index < liars ? left : influenceMax)));
    const second = reportsOf({ ...examplePolicy, clipping: { ...rule, influence } }, 10, measure, 1);
    expect(statedOf(second)).toBe(after);
  });

  it('changes no verdict while losing influence, and none afterwards', () => {
    const measure = (operator: number) => (operator < 3 ? 0 : 9_000);
    const only = policyRequiring('semantic');
    const before = reportsOf(only, 10, measure, 1);
    const influence = influenceOf(reportsOf(only, 10, measure), rule);
    const after = reportsOf({ ...only, clipping: { ...rule, influence } }, 10, measure, 1);
    const verdictsOf = (reports: readonly CertifiedReport[]) =>
      reports.flatMap(({ results }) => results.map((one) => one.verdict));
    expect(verdictsOf(after)).toEqual(verdictsOf(before));
  });
});

describe('the remaining influence', () => {
  it.each([
    [0, 10, 10_000],
    [25, 100, 10_000],
    [26, 100, 9_800],
    [50, 100, 5_000],
    [74, 100, 200],
    [75, 100, 0],
    [100, 100, 0],
  ])('after %i far scores of %i is %i', (far, all, left) => {
    expect(clippedInfluence(far, all)).toBe(left);
  });
});

describe('the table of an epoch', () => {
  const measure = (operator: number) => (operator === 0 ? 0 : 9_000);
  const reports = reportsOf(examplePolicy, 4, measure);

  it('is the same for any order and repetition of the reports', () => {
    expect(influenceOf([...reports].reverse(), rule)).toEqual(influenceOf(reports, rule));
    expect(influenceOf([...reports, ...reports], rule)).toEqual(influenceOf(reports, rule));
  });

  it('names only operators that lost influence, for the role in which they lost it', () => {
    const [first] = exampleNetwork().operators;
    expect(influenceOf(reports, rule)).toEqual({ [first?.address ?? '']: { semantic: 0 } });
  });

  it('has no entry for an operator with too few scores', () => {
    expect(influenceOf(reports, { ...rule, scoresMin: 9 })).toEqual({});
    expect(influenceOf(reports, { ...rule, scoresMin: 8 })).not.toEqual({});
  });

  it('is bound by the policy digest, and therefore by every report', () => {
    const influence = influenceOf(reports, rule);
    expect(policyDigest({ ...examplePolicy, clipping: { ...rule, influence } })).not.toBe(policyDigest(examplePolicy));
  });
});

describe('a stated score', () => {
  const operators = fc.array(
    fc.record({
      score: fc.integer({ min: 0, max: 10_000 }),
      weight: fc.bigInt({ min: 1n, max: 1_000n }),
      influence: fc.integer({ min: 0, max: influenceMax }),
      lies: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  );

  it('is between two honest ones, for any influence', () => {
    fc.assert(
      fc.property(operators, (all) => {
        const total = all.reduce((sum, { weight }) => sum + weight, 0n);
        const lying = all.filter(({ lies }) => lies).reduce((sum, { weight }) => sum + weight, 0n);
        fc.pre(lying * 3n < total);
        const truths = all.filter(({ lies }) => !lies).map(({ score }) => score);
        const stated = statedScore(all, total);
        expect(stated).toBeGreaterThanOrEqual(Math.min(...truths));
        expect(stated).toBeLessThanOrEqual(Math.max(...truths));
      }),
      { numRuns: 1_000 },
    );
  });

  it('counts all operators if nobody has any influence', () => {
    const scored = [10, 20, 30].map((score) => ({ score, weight: 1n, influence: 0 }));
    expect(statedScore(scored, 3n)).toBe(20);
  });

  it('of a report follows from its observations and its policy’s table', () => {
    const influence = { [exampleNetwork().operators[0]?.address ?? '']: { semantic: 0 } };
    const example = exampleNetwork([1n, 1n, 1n, 1n], { ...examplePolicy, clipping: { ...rule, influence } });
    const { task } = exampleTask();
    const observations = exampleObservations(example, task, (operator, role) =>
      role !== 'semantic'
        ? undefined
        : task.submissions.map(() => ({ score: [0, 7_000, 8_000, 9_000][operator] ?? 0, flags: 0 })),
    );
    expect(exampleReport(example, { task, observations }).report.results[0]?.scores.semantic).toBe(8_000);
  });
});
