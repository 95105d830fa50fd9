import { subjects } from '@assay/protocol/bus/subjects';
import { utf8 } from '@assay/protocol/encoding/bytes';
import { decodeMessage, encodeMessage } from '@assay/protocol/encoding/decode';
import { exampleNetwork, exampleObservation, exampleTask } from '@assay/protocol/network/example-network';
import { isAbsence } from '@assay/protocol/observation/absence';
import { observationSchema } from '@assay/protocol/observation/observation';
import { rolesOf } from '@assay/protocol/policy/policy';
import { describe, expect, it } from 'vitest';
import { cosign } from './cosign.ts';
import { observe } from './observe.ts';
import { messageOn, shelfStore, validatorOf } from './ports.fixture.ts';

const example = exampleNetwork();
const { task, prompt, outputs } = exampleTask();
const { epoch } = example.network;
const deadlineMs = example.policy.deadlineMs;
const span = { setAttribute: () => undefined, fail: () => undefined };
const taskMessage = messageOn(subjects.task(task.taskId), encodeMessage(task));

/** The checksum validator of the first operator, on whose bus the task is, published at time 0. */
async function validator() {
  const contentStore = shelfStore(...[prompt, ...outputs].map(utf8));
  const context = validatorOf(example, { contentStore });
  await context.bus.publish(subjects.task(task.taskId), encodeMessage(task));
  const ask = async (question: object = { epoch, overdue: [task.taskId] }, atMs = deadlineMs) => {
    const outcome = await cosign(context, messageOn(subjects.overdue, encodeMessage(question), 1, atMs), span);
    return outcome.kind === 'reject' ? outcome.refusal.code : outcome.code;
  };
  const observations = () =>
    context.bus.published.flatMap(({ subject, data }) => {
      const decoded = decodeMessage(observationSchema, data);
      return subject.includes('.observations.') && decoded.ok ? [decoded.value] : [];
    });
  return { context, ask, observations };
}

describe('a validator that is asked for overdue tasks', () => {
  it('answers once for every role of its operator: it has observed nothing', async () => {
    const { ask, observations } = await validator();
    expect([await ask(), await ask()]).toEqual(['answered', 'answered']);
    expect(observations().map(({ role }) => role)).toEqual(rolesOf(example.policy));
    expect(observations().every((one) => isAbsence(one, task))).toBe(true);
  });

  it('leaves what was observed as it is', async () => {
    const { context, ask, observations } = await validator();
    await observe(context, { ...taskMessage, deliveryCount: 1 });
    await ask();
    expect(observations().map((one) => isAbsence(one, task))).toEqual([false, true, true]);
  });

  it('publishes what its journal holds and the stream lacks', async () => {
    const { context, ask, observations } = await validator();
    const signed = exampleObservation(example, task, 'semantic', 0);
    await context.journal.record(epoch, [{ key: `observation/${task.taskId}/semantic`, value: encodeMessage(signed) }]);
    await ask();
    expect(observations().filter(({ role }) => role === 'semantic')).toEqual([signed]);
  });

  it('observes such a task no more', async () => {
    const { context, ask, observations } = await validator();
    await ask();
    await observe(context, { ...taskMessage, deliveryCount: 1 });
    expect(observations().filter(({ role }) => role === 'checksum')).toHaveLength(1);
  });

  it.each([
    ['not-overdue', { epoch, overdue: [task.taskId] }, deadlineMs - 1],
    ['not-overdue', { epoch, overdue: [`0x${'0e'.repeat(32)}`] }, deadlineMs],
    ['wrong-epoch', { epoch: epoch + 1, overdue: [task.taskId] }, deadlineMs],
    ['malformed', { epoch, overdue: [] }, deadlineMs],
  ])('refuses as %s (case %#)', async (code, question, atMs) => {
    const { ask, observations } = await validator();
    expect(await ask(question, atMs)).toBe(code);
    expect(observations()).toEqual([]);
  });
});
