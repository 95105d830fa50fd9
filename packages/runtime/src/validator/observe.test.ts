import { subjects } from '@assay/protocol/bus/subjects';
import { utf8 } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import {
  exampleMeasurements,
  exampleNetwork,
  exampleObservation,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { flagWord } from '@assay/protocol/observation/flag';
import { unpackMeasurements } from '@assay/protocol/observation/measurement';
import { checkObservation, type Observation } from '@assay/protocol/observation/observation';
import { voteOf } from '@assay/protocol/policy/policy';
import { tuning } from '@assay/protocol/tuning';
import { describe, expect, it } from 'vitest';
import { observe } from './observe.ts';
import { messageOn, shelfCache, shelfStore, validatorOf } from './ports.fixture.ts';
import type { RoleCheck } from './validator-context.ts';

const example = exampleNetwork();
const { task, prompt, outputs } = exampleTask();
const missing = flagWord('checksum', ['content-missing']);
const message = messageOn(subjects.task(task.taskId), encodeMessage(task));
const subject = subjects.observation(task.taskId, 'checksum', example.operators[0]?.address ?? '0x');

/** A validator whose check counts its calls. */
function validator(
  check: RoleCheck = async () => task.submissions.map(() => exampleMeasurements.accept),
  cache = shelfCache(),
) {
  let checks = 0;
  const counting: RoleCheck = (input) => {
    checks++;
    return check(input);
  };
  const contentStore = shelfStore(utf8(prompt), ...outputs.map(utf8));
  const context = validatorOf(example, { check: counting, contentStore, cache });
  const observations = () =>
    context.bus.published
      .filter((one) => one.subject === subject)
      .map(({ data }) => JSON.parse(new TextDecoder().decode(data)) as Observation);
  return { context, observations, checks: () => checks };
}

describe('observe', () => {
  it('publishes the check’s signed measurements', async () => {
    const { context, observations } = validator();
    expect(await observe(context, message)).toEqual({ kind: 'accept', code: 'observed' });
    const [observation] = observations();
    const checked = observation && checkObservation(example.network, example.policy, task, observation);
    expect(checked).toMatchObject({
      ok: true,
      value: { measurements: task.submissions.map(() => exampleMeasurements.accept) },
    });
  });

  it('passes the task’s content to the check', async () => {
    let seen: unknown;
    const { context } = validator(async ({ content }) => {
      seen = content;
      return task.submissions.map(() => exampleMeasurements.accept);
    });
    await observe(context, message);
    expect(seen).toEqual({ prompt, outputs: outputs.map((text) => ({ bytes: utf8(text) })) });
  });

  it('does not observe twice, even if it would now measure something else', async () => {
    const cache = shelfCache();
    cache.get = async () => undefined;
    let verdict: 'accept' | 'reject' = 'accept';
    const { context, observations, checks } = validator(
      async () => task.submissions.map(() => exampleMeasurements[verdict]),
      cache,
    );
    await observe(context, message);
    verdict = 'reject';
    expect(await observe(context, message)).toEqual({ kind: 'ignore', code: 'observed-already' });
    expect([observations().length, checks()]).toEqual([1, 1]);
  });

  it('uses earlier measurements from the cache, also if the first publish failed', async () => {
    const { context, observations, checks } = validator();
    const publish = context.bus.publish.bind(context.bus);
    context.bus.publish = () => Promise.reject(new Error('bus down'));
    await expect(observe(context, message)).rejects.toThrow('bus down');
    context.bus.publish = publish;
    expect((await observe(context, message)).kind).toBe('accept');
    expect([observations().length, checks()]).toEqual([1, 1]);
  });

  it('checks again if the cached value does not match the task', async () => {
    const cache = shelfCache();
    cache.get = async () => utf8('garbage');
    const { context, checks } = validator(undefined, cache);
    expect((await observe(context, message)).kind).toBe('accept');
    expect(checks()).toBe(1);
  });

  it('is not silenced by other messages on its subject', async () => {
    const { context, observations } = validator();
    const forged = { ...exampleObservation(example, task, 'checksum', 1), operator: example.operators[0]?.address };
    await context.bus.publish(subject, encodeMessage(forged));
    await context.bus.publish(subject, utf8('garbage'));
    expect((await observe(context, message)).kind).toBe('accept');
    const last = context.bus.published.at(-1);
    expect(last?.subject).toBe(subject);
    expect(JSON.parse(new TextDecoder().decode(last?.data)).operator).toBe(example.operators[0]?.address);
    expect(() => observations()).toThrow();
  });

  it.each([
    ['is no task', utf8('{}'), 'malformed'],
    ['names a policy that the network does not have', taskOfPolicy('unheard-of'), 'malformed'],
  ])('refuses a message that %s', async (_, data, code) => {
    const outcome = await observe(validator().context, { ...message, data });
    expect(outcome).toMatchObject({ kind: 'reject', refusal: { code } });
  });

  it('rejects when the content is not available, so that the task is redelivered', async () => {
    const { context, observations } = validator();
    const starved = { ...context, contentStore: shelfStore() };
    await expect(observe(starved, message)).rejects.toThrow(task.prompt.cid);
    expect(observations()).toEqual([]);
  });

  it('waits for content that the store has lost, and at last abstains with that reason', async () => {
    const check: RoleCheck = async ({ content }) =>
      content.outputs.map((output) => ({ score: 0, flags: 'problem' in output ? missing : 0 }));
    const { context, observations } = validator(check);
    const lossy = { ...context, contentStore: shelfStore(utf8(prompt)) };
    await expect(observe(lossy, { ...message, deliveryCount: 1 })).rejects.toThrow('has nothing under');
    expect(observations()).toEqual([]);
    await observe(lossy, { ...message, deliveryCount: tuning.deliveriesMax });
    const [own] = observations();
    const measured = unpackMeasurements(own?.measurements ?? '0x', task.submissions.length);
    expect(measured.ok && measured.value.map((one) => voteOf('checksum', example.policy, one))).toEqual(
      task.submissions.map(() => 'abstain'),
    );
    // When the content is there again, what was signed stays.
    await observe(context, { ...message, deliveryCount: 2 });
    expect(new Set(observations().map(({ signature }) => signature)).size).toBe(1);
  });
});

/** A task whose id no longer is its digest. */
function taskOfPolicy(policy: string): Uint8Array {
  return encodeMessage({ ...task, policy });
}
