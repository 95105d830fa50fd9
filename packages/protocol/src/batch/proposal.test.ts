import { describe, expect, it } from 'vitest';
import { checkShape } from '../encoding/decode.ts';
import {
  type ExampleEntry,
  exampleMeasurements,
  exampleNetwork,
  exampleObservations,
  exampleProposal,
  exampleReport,
  exampleTask,
} from '../network/example-network.ts';
import { configDigest } from '../network/validator-set.ts';
import { absenceOf } from '../observation/absence.ts';
import type { Observation } from '../observation/observation.ts';
import { isInBatch, reportLeaf } from './batch.ts';
import { checkProposal, type Proposal, proposalSchema } from './proposal.ts';

const example = exampleNetwork();
const { network, policy } = example;
const deadlineMs = 1_000;
const tasks = ['a', 'b', 'c'].map((reference) => exampleTask({ reference, outputs: ['one'] }).task);
const entries: ExampleEntry[] = tasks.map((task) => ({ task, observations: exampleObservations(example, task) }));
const known = new Map(tasks.map((task) => [task.taskId, { task, policy, deadlineMs }]));
const good = exampleProposal(example, entries);
const [first, second] = good.entries;
const [task] = tasks;
if (first === undefined || second === undefined || task === undefined) throw new Error('The example has three tasks.');
const [observation] = first.observations;
if (observation === undefined) throw new Error('The first task was observed.');
const withFirst = (observations: Proposal['entries'][number]['observations']): Proposal => ({
  ...good,
  entries: [{ ...first, observations }, second],
});

describe('a proposal', () => {
  it('that follows from its observations passes, with the cosignature fields and a proof for each report', () => {
    expect(checkShape(proposalSchema, structuredClone(good)).ok).toBe(true);
    const checked = checkProposal(network, { tasks: known, timestampMs: 0 }, good);
    if (!checked.ok) throw new Error(checked.refusal.detail);
    const { cosignature, reports, batch } = checked.value;
    expect(cosignature).toEqual({
      configDigest: configDigest(network),
      epoch: 7,
      sequence: 1,
      root: good.root,
      count: 3,
    });
    expect(reports.map((one) => one.report.results.map(({ verdict }) => verdict))).toEqual([
      ['accept'],
      ['accept'],
      ['accept'],
    ]);
    const proved = reports.map((one, index) => isInBatch(good.root, reportLeaf(one.fields), batch.proofs[index] ?? []));
    expect(proved).toEqual([true, true, true]);
  });

  it('may hold its observations in any order', () => {
    const shuffled = {
      ...good,
      entries: good.entries.map((entry) => ({ ...entry, observations: [...entry.observations].reverse() })),
    };
    expect(checkProposal(network, { tasks: known, timestampMs: 0 }, shuffled).ok).toBe(true);
  });

  it.each<[string, Proposal]>([
    ['wrong-epoch', { ...good, epoch: 8 }],
    ['task-twice', { ...good, entries: [first, second, first] }],
    ['unknown-task', { ...good, entries: [{ ...first, taskId: exampleTask({ reference: 'd' }).task.taskId }] }],
    ['observation-twice', withFirst([...first.observations, observation])],
    ['wrong-task', withFirst(second.observations)],
    ['forged', withFirst([{ ...observation, measurements: '0x000000000000' }])],
    ['wrong-root', { ...good, root: `0x${'00'.repeat(32)}` }],
    ['wrong-root', { ...good, entries: [first, second] }],
    ['wrong-root', withFirst([])],
    ['too-early', exampleProposal(example, [{ task, observations: [] }])],
  ])('is refused: %s (case %#)', (code, proposal) => {
    expect(checkProposal(network, { tasks: known, timestampMs: 0 }, proposal)).toMatchObject({
      ok: false,
      refusal: { code },
    });
  });

  it('a refused observation is named: task, role and operator', () => {
    const refusedOne = checkProposal(
      network,
      { tasks: known, timestampMs: 0 },
      withFirst([{ ...observation, measurements: '0x000000000000' }]),
    );
    expect(refusedOne.ok ? '' : refusedOne.refusal.detail).toContain(task.taskId);
    expect(refusedOne.ok ? '' : refusedOne.refusal.detail).toContain(observation.role);
    expect(refusedOne.ok ? '' : refusedOne.refusal.detail).toContain(observation.operator);
  });
});

describe('a report that missing observations could change', () => {
  const all = exampleObservations(example, task, (operator) =>
    task.submissions.map(() => (operator === 0 ? exampleMeasurements.reject : exampleMeasurements.accept)),
  );
  const of = (...operators: readonly number[]) => {
    const addresses = operators.map((operator) => example.operators[operator]?.address);
    return all.filter(({ operator }) => addresses.includes(operator));
  };
  const codeOf = (observations: readonly Observation[], timestampMs: number) => {
    const proposal = exampleProposal(example, [{ task, observations }]);
    const checked = checkProposal(network, { tasks: known, timestampMs }, proposal);
    return checked.ok ? 'valid' : checked.refusal.code;
  };

  it('is valid from the deadline on, with the observations of a quorum in every role', () => {
    expect(codeOf(of(0, 1, 2), deadlineMs - 1)).toBe('too-early');
    expect(codeOf(of(0, 1, 2), deadlineMs)).toBe('valid');
    expect(codeOf(of(0, 1, 2).slice(1), deadlineMs)).toBe('too-few-observed');
    expect(codeOf(of(1, 2), deadlineMs)).toBe('too-few-observed');
  });

  it('may leave no verdict open on which the observers of a quorum agree', () => {
    const proposal = exampleProposal(example, [{ task, observations: of(1, 2, 3) }]);
    const checked = checkProposal(network, { tasks: known, timestampMs: 0 }, proposal);
    expect(checked.ok && checked.value.reports[0]?.report.results[0]?.verdict).toBe('accept');
  });

  it('is as good with absences, which abstain', () => {
    const absences = exampleObservations(example, task, (operator, role) =>
      operator === 3 ? absenceOf(role, task) : undefined,
    );
    expect(codeOf([...of(1, 2), ...absences], deadlineMs)).toBe('valid');
    const { report } = exampleReport(example, { task, observations: [...of(1, 2), ...absences] });
    expect(report.results[0]?.verdict).toBe('abstain');
  });
});
