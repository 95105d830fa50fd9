import type { Proposal } from '@assay/protocol/batch/proposal';
import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import {
  exampleCosignature,
  exampleMeasurements,
  exampleNetwork,
  exampleObservation,
  exampleObservations,
  exampleProposal,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { absenceOf } from '@assay/protocol/observation/absence';
import { describe, expect, it } from 'vitest';
import { cosign } from './cosign.ts';
import { messageOn, validatorOf } from './ports.fixture.ts';
import { TaskSource } from './task-source.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const { task: other } = exampleTask({ reference: 'another' });
const all = exampleObservations(example, task);
const good = exampleProposal(example, [{ task, observations: all }]);
const span = { setAttribute: () => undefined, fail: () => undefined };
const deadlineMs = example.policy.deadlineMs;

/** A validator of the first operator on whose bus the tasks are, published at time 0. */
async function validator() {
  const context = validatorOf(example);
  for (const one of [task, other]) await context.bus.publish(subjects.task(one.taskId), encodeMessage(one));
  return context;
}

type Context = Awaited<ReturnType<typeof validator>>;

async function judge(context: Context, proposal: Proposal, atMs = deadlineMs) {
  const data = encodeMessage(proposal);
  const outcome = await cosign(context, messageOn('assay.v1.proposals.7-1', data, 1, atMs), span);
  return outcome.kind === 'reject' ? outcome.refusal.code : outcome.code;
}

const cosignaturesOf = ({ bus }: Context) => bus.published.filter(({ subject }) => subject.includes('.cosignatures.'));
const claimOf = ({ journal }: Context, { taskId }: typeof task) =>
  journal.find(example.network.epoch, `claim/${taskId}`);
/** Only the others' observations of one role, which is not enough for a verdict. */
const partial = all
  .filter((one) => one.role === 'checksum' && one.operator !== example.operators[0]?.address)
  .slice(0, 1);

describe('cosign', () => {
  it('signs a proposal that follows from its observations', async () => {
    const context = await validator();
    expect(await judge(context, good)).toBe('cosigned');
    const [published] = cosignaturesOf(context);
    expect(JSON.parse(new TextDecoder().decode(published?.data))).toEqual(exampleCosignature(example, good, 0));
  });

  it('signs once when the proposal is redelivered', async () => {
    const context = await validator();
    await judge(context, good);
    expect(await judge(context, good)).toBe('cosigned-already');
    expect(cosignaturesOf(context)).toHaveLength(1);
  });

  const lie = { ...exampleObservation(example, task, 'checksum', 1), measurements: `0x${'00'.repeat(12)}` as const };
  const refusals: [code: string, proposal: Proposal, atMs?: number][] = [
    ['malformed', { ...good, entries: [] }],
    ['wrong-sequence', { ...good, sequence: 2 }],
    ['wrong-epoch', { ...good, epoch: 8 }],
    ['wrong-root', { ...good, root: `0x${'13'.repeat(32)}` }],
    ['unknown-task', { ...good, entries: [{ taskId: `0x${'0e'.repeat(32)}`, observations: [] }] }],
    ['task-twice', { ...good, entries: [...good.entries, ...good.entries] }],
    ['forged', { ...good, entries: [{ taskId: task.taskId, observations: [lie] }] }],
    ['too-early', exampleProposal(example, [{ task, observations: partial }]), deadlineMs - 1],
    ['too-few-observed', exampleProposal(example, [{ task, observations: partial }])],
  ];
  it.each(refusals)('refuses as %s', async (code, proposal, atMs = deadlineMs) => {
    const context = await validator();
    expect(await judge(context, proposal, atMs)).toBe(code);
    expect(cosignaturesOf(context)).toEqual([]);
    expect(await claimOf(context, task)).toBeUndefined();
  });

  it('signs an abstention after the deadline once a quorum has answered, even if its own answer is omitted', async () => {
    const answers = exampleObservations(example, task, (operator, role) =>
      operator === 0 ? undefined : absenceOf(role, task),
    );
    const context = await validator();
    const own = exampleObservation(example, task, 'semantic', 0);
    await context.bus.publish(subjects.observation(task.taskId, 'semantic', own.operator), encodeMessage(own));
    expect(await judge(context, exampleProposal(example, [{ task, observations: answers }]))).toBe('cosigned');
  });

  it('signs a final report although its own observation is missing, because it cannot change the verdict', async () => {
    const context = await validator();
    const own = exampleObservation(
      example,
      task,
      'semantic',
      0,
      task.submissions.map(() => exampleMeasurements.reject),
    );
    await context.bus.publish(subjects.observation(task.taskId, 'semantic', own.operator), encodeMessage(own));
    const observations = all.filter((one) => one.operator !== own.operator);
    expect(await judge(context, exampleProposal(example, [{ task, observations }]))).toBe('cosigned');
  });

  it('does not sign a task in two batches', async () => {
    const context = await validator();
    await judge(context, good);
    const entries = [task, other].map((one) => ({ task: one, observations: exampleObservations(example, one) }));
    expect(await judge(context, exampleProposal(example, entries))).toBe('claimed-elsewhere');
    // The other task is not held by the batch that was refused.
    expect(await claimOf(context, other)).toBeUndefined();
    expect(cosignaturesOf(context)).toHaveLength(1);
  });

  it('looks again at a proposal whose task the bus hides, if an honest operator must have observed it', async () => {
    const context = await validator();
    const hiding = { ...context.bus, next: async () => undefined };
    const blind = { ...context, tasks: new TaskSource(hiding, context.view) };
    await expect(judge(blind, good)).rejects.toThrow('the bus does not show it');
    // One of four operators may lie.
    const observations = all.filter(({ operator }) => operator === example.operators[1]?.address);
    expect(await judge(blind, { ...good, entries: [{ taskId: task.taskId, observations }] })).toBe('unknown-task');
    expect(await judge(context, good)).toBe('cosigned');
  });

  it('signs nothing while its journal does not answer, so that the proposal is redelivered', async () => {
    const context = await validator();
    context.journal.record = () => Promise.reject(new Error('no answer'));
    await expect(judge(context, good)).rejects.toThrow('no answer');
    expect(cosignaturesOf(context)).toEqual([]);
  });
});
