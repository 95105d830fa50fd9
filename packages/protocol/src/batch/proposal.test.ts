import { describe, expect, it } from 'vitest';
import { checkShape } from '../encoding/decode.ts';
import {
  type ExampleEntry,
  exampleMeasurements,
  exampleNetwork,
  exampleObservation,
  exampleObservations,
  exampleProposal,
  exampleReport,
  exampleTask,
} from '../network/example-network.ts';
import { configDigest } from '../network/validator-set.ts';
import { isInBatch, reportLeaf } from './batch.ts';
import { checkProposal, type Proposal, proposalSchema, whyNotCosign } from './proposal.ts';

const example = exampleNetwork();
const { network, policy } = example;
const tasks = ['a', 'b', 'c'].map((reference) => exampleTask({ reference, outputs: ['one'] }).task);
const entries: ExampleEntry[] = tasks.map((task) => ({ task, observations: exampleObservations(example, task) }));
const known = new Map(tasks.map((task) => [task.taskId, { task, policy }]));
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
    const checked = checkProposal(network, known, good);
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
    expect(checkProposal(network, known, shuffled).ok).toBe(true);
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
  ])('is refused: %s (case %#)', (code, proposal) => {
    expect(checkProposal(network, known, proposal)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('a refused observation is named: task, role and operator', () => {
    const refusedOne = checkProposal(network, known, withFirst([{ ...observation, measurements: '0x000000000000' }]));
    expect(refusedOne.ok ? '' : refusedOne.refusal.detail).toContain(task.taskId);
    expect(refusedOne.ok ? '' : refusedOne.refusal.detail).toContain(observation.role);
    expect(refusedOne.ok ? '' : refusedOne.refusal.detail).toContain(observation.operator);
  });
});

describe('whether to cosign', () => {
  const all = exampleObservations(example, task);
  const own = all.filter(({ operator }) => operator === example.operators[0]?.address);
  const others = all.filter((one) => !own.includes(one));
  const [third] = example.operators.slice(3);
  const final = exampleReport(example, { task, observations: others });
  const open = exampleReport(example, {
    task,
    observations: others.filter(({ operator }) => operator !== third?.address),
  });
  const openWithOwn = exampleReport(example, { task, observations: [...own, ...others.slice(0, 1)] });

  it('a final report immediately, even without the own observations', () => {
    expect(final.report.final).toBe(true);
    expect(whyNotCosign(final, { ownInTime: own, deadlinePassed: false })).toEqual({ ok: true, value: undefined });
  });

  it('one that is not final not before the deadline', () => {
    expect(open.report.final).toBe(false);
    expect(whyNotCosign(open, { ownInTime: [], deadlinePassed: false })).toMatchObject({
      ok: false,
      refusal: { code: 'too-early' },
    });
    expect(whyNotCosign(openWithOwn, { ownInTime: own, deadlinePassed: false })).toMatchObject({
      ok: false,
      refusal: { code: 'too-early' },
    });
  });

  it('after it only with all own observations that were in time', () => {
    expect(whyNotCosign(open, { ownInTime: own, deadlinePassed: true })).toMatchObject({
      ok: false,
      refusal: { code: 'left-out' },
    });
    expect(whyNotCosign(open, { ownInTime: own.slice(2), deadlinePassed: true })).toMatchObject({
      ok: false,
      refusal: { code: 'left-out' },
    });
    expect(whyNotCosign(open, { ownInTime: [], deadlinePassed: true }).ok).toBe(true);
    expect(openWithOwn.report.final).toBe(false);
    expect(whyNotCosign(openWithOwn, { ownInTime: own, deadlinePassed: true }).ok).toBe(true);
  });

  it('if a replica observed again and one of the two is included', () => {
    const again = exampleObservation(example, task, 'semantic', 0, [{ ...exampleMeasurements.accept, score: 9_999 }]);
    expect(whyNotCosign(openWithOwn, { ownInTime: [...own, again], deadlinePassed: true }).ok).toBe(true);
  });
});
