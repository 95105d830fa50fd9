/** A broker that hides an operator's messages: its journal still has them, and nothing is signed twice. */
import { subjects } from '@assay/protocol/bus/subjects';
import { utf8 } from '@assay/protocol/encoding/bytes';
import { decodeMessage, encodeMessage } from '@assay/protocol/encoding/decode';
import {
  exampleNetwork,
  exampleObservations,
  exampleProposal,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { observationSchema } from '@assay/protocol/observation/observation';
import type { Bus } from '@assay/protocol/ports';
import { exampleAnswer, exampleQuestion, exampleSealed } from '@assay/protocol/question/question.fixture';
import type { Task } from '@assay/protocol/task/task';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../loop/outcome.ts';
import { answerOverdue } from './answer-overdue.ts';
import { cosign } from './cosign.ts';
import { observe } from './observe.ts';
import { deliveryOf, messageOn, shelfJournal, shelfStore, validatorOf } from './ports.fixture.ts';

const example = exampleNetwork();
const { task, prompt, outputs } = exampleTask();
const span = { setAttribute: () => undefined, fail: () => undefined };
const taskMessage = messageOn(subjects.task(task.taskId), encodeMessage(task));

/** A replica whose broker shows nothing on the subjects that `hidden` names, and forgets message ids. */
function replica(journal: ReturnType<typeof shelfJournal>, hidden: string, score: number) {
  const context = validatorOf(example, {
    journal,
    contentStore: shelfStore(utf8(prompt), ...outputs.map(utf8)),
    check: async (input) => input.task.submissions.map(() => ({ score, flags: score === 10_000 ? 0 : 1 })),
  });
  const blind: Partial<Bus> = {
    last: async (stream, subject) => (subject.includes(hidden) ? undefined : context.bus.last(stream, subject)),
    next: async (stream, subject, after) =>
      subject.includes(hidden) ? undefined : context.bus.next(stream, subject, after),
  };
  return { context: { ...context, bus: { ...context.bus, ...blind } }, published: context.bus.published };
}

describe('an operator whose broker hides its own observation', () => {
  it('publishes again what it signed, and signs nothing that differs from it', async () => {
    const journal = shelfJournal();
    const signatures: string[] = [];
    for (const [deliveryCount, score] of [
      [1, 10_000],
      [2, 0],
      [1, 5_000],
    ] as const) {
      const { context, published } = replica(journal, '.observations.', score);
      const outcome = await observe(context, deliveryOf(taskMessage, deliveryCount));
      expect(outcome.kind).toBe('accept');
      for (const { data } of published) {
        const decoded = decodeMessage(observationSchema, data);
        if (decoded.ok) signatures.push(decoded.value.signature);
      }
    }
    expect(signatures).toHaveLength(3);
    expect(new Set(signatures).size).toBe(1);
  });

  it('lets one of two replicas that observe at once sign', async () => {
    const journal = shelfJournal();
    const replicas = [replica(journal, '.observations.', 10_000), replica(journal, '.observations.', 0)];
    await Promise.all(replicas.map(({ context }) => observe(context, deliveryOf(taskMessage))));
    const all = replicas.flatMap(({ published }) => published.map(({ data }) => Buffer.from(data).toString()));
    expect(all).toHaveLength(2);
    expect(new Set(all).size).toBe(1);
  });

  it('signs nothing when its journal does not answer', async () => {
    const journal = { ...shelfJournal(), record: () => Promise.reject(new Error('The disk is full.')) };
    const { context, published } = replica(journal, '.observations.', 10_000);
    await expect(observe(context, deliveryOf(taskMessage))).rejects.toThrow('The disk is full.');
    expect(published).toEqual([]);
  });
});

describe('an operator who is shown two sealed sets of one question', () => {
  const question = exampleQuestion();
  const answers = [1, 2].map((miner) => exampleAnswer(question, miner));
  const [first, second] = [exampleSealed(question, answers), exampleSealed(question, answers.slice(1))];
  const other = exampleQuestion({ reference: 'another' });
  const third = exampleSealed(other, [exampleAnswer(other, 1)]);
  const contents = ['p', 'answer 1', 'answer 2'].map(utf8);
  const onTasks = (one: Task) => deliveryOf(messageOn(subjects.task(one.taskId), encodeMessage(one)));
  const codeOf = (outcome: Outcome) => (outcome.kind === 'reject' ? outcome.refusal.code : outcome.code);
  const validator = (journal: ReturnType<typeof shelfJournal>, role: 'checksum' | 'semantic' = 'checksum') =>
    validatorOf(example, { journal, role, contentStore: shelfStore(...contents) });

  it('measures the one that it saw first, in every role, and says why it refuses the other', async () => {
    const journal = shelfJournal();
    const codes: string[] = [];
    for (const [role, task] of [
      ['checksum', first],
      ['checksum', second],
      ['semantic', second],
      ['semantic', first],
      ['checksum', third],
    ] as const)
      codes.push(codeOf(await observe(validator(journal, role), onTasks(task))));
    expect(codes).toEqual(['observed', 'sealed-otherwise', 'sealed-otherwise', 'observed', 'observed']);
  });

  it('measures one of them where two replicas see them at once', async () => {
    const journal = shelfJournal();
    const outcomes = await Promise.all([first, second].map((task) => observe(validator(journal), onTasks(task))));
    expect(outcomes.map(codeOf).toSorted()).toEqual(['observed', 'sealed-otherwise']);
  });

  it('still says of the other that it has not observed it', async () => {
    const journal = shelfJournal();
    await observe(validator(journal), onTasks(first));
    const context = validator(journal);
    await context.bus.publish(subjects.task(second.taskId), encodeMessage(second));
    const asked = { epoch: example.network.epoch, overdue: [second.taskId] };
    const outcome = await answerOverdue(context, messageOn(subjects.overdue, encodeMessage(asked), 1, 1_000_000));
    expect(codeOf(outcome)).toBe('answered');
  });
});

describe('an operator whose broker hides its claims', () => {
  it('cosigns a task in one batch only', async () => {
    const journal = shelfJournal();
    const observations = exampleObservations(example, task);
    const codes: string[] = [];
    for (const sequence of [1, 2, 1]) {
      const { context, published } = replica(journal, '.claims.', 10_000);
      await context.bus.publish(subjects.task(task.taskId), encodeMessage(task));
      const proposal = exampleProposal(example, [{ task, observations }], sequence);
      const message = messageOn(`assay.v1.proposals.7-${sequence}`, encodeMessage(proposal), sequence, 0);
      const outcome = await cosign(context, message, span);
      codes.push(outcome.kind === 'reject' ? outcome.refusal.code : outcome.code);
      expect(published.filter(({ subject }) => subject.includes('.cosignatures.'))).toHaveLength(
        sequence === 1 ? 1 : 0,
      );
    }
    expect(codes).toEqual(['cosigned', 'claimed-elsewhere', 'cosigned']);
  });
});
