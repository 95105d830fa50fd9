import { randomBytes } from 'node:crypto';
import { systemClock } from '@assay/adapters/process/system-clock';
import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { exampleTask } from '@assay/protocol/network/example-network';
import { configDigest } from '@assay/protocol/network/validator-set';
import type { Clock } from '@assay/protocol/ports';
import { contentIdOf } from '@assay/protocol/task/content-id';
import { type Task, taskIdOf } from '@assay/protocol/task/task';
import { tuning } from '@assay/protocol/tuning';
import { type AgreementState, establishedSession } from '@assay/session-keys/agreement/agreement-state';
import { messagesSent, phaseOf } from '@assay/session-keys/agreement/agreement-view';
import { closeSession } from '@assay/session-keys/agreement/rekey-and-close';
import { receiveMessage } from '@assay/session-keys/agreement/session';
import { decodeGrant, openGrant } from '@assay/session-keys/grants/grant';
import { encodeUnsealRequest, makeUnsealRequest } from '@assay/session-keys/grants/unseal-request';
import { openContent, sealContent } from '@assay/session-keys/sealing/seal';
import { describe, expect, it } from 'vitest';
import { Life, SessionWorld } from './sessions.fixture.ts';

const random = (length: number) => new Uint8Array(randomBytes(length));
const secretText = 'a text that nobody else may read';

/** A task of one sealed prompt and one sealed output, on the stream and in the store. */
async function sealedTask(world: SessionWorld, state: AgreementState): Promise<{ task: Task; blob: Uint8Array }> {
  const session = establishedSession(state);
  if (session === undefined) throw new Error('no session');
  const reference = `task ${randomBytes(4).toString('hex')}`;
  const blob = sealContent(
    { ...session, direction: 'prompt', reference, random },
    new TextEncoder().encode(secretText),
  );
  const cid = world.content.keep(blob);
  const { taskId: _, ...example } = exampleTask({ reference }).task;
  const body = { ...example, prompt: { cid: contentIdOf(blob), bytes: blob.length } };
  const task = { ...body, taskId: taskIdOf(body) };
  expect(cid).toBe(task.prompt.cid);
  await world.broker.connect().publish(subjects.task(task.taskId), encodeMessage(task));
  return { task, blob };
}

/** What a validator of the committee can read of the task's prompt. */
async function unseal(world: SessionWorld, task: Task, blob: Uint8Array): Promise<string> {
  const operator = world.example.operators[0];
  if (operator === undefined) throw new Error('no operator');
  const subject = {
    configDigest: configDigest(world.example.network),
    taskId: task.taskId,
    role: 'semantic',
    contentIds: [task.prompt.cid],
  } as const;
  const { request, ephemeralSecret } = makeUnsealRequest(subject, operator.privateKey, random);
  const answer = await world.broker
    .connect()
    .request(subjects.unseal, encodeUnsealRequest(request), { timeoutMs: 60_000 });
  const grant = decodeGrant(answer);
  if (!grant.ok) return new TextDecoder().decode(answer);
  const keys = await openGrant(request, ephemeralSecret, world.identities.oracle.agreementKey, grant.value);
  if (!keys.ok) return keys.refusal.code;
  const [key] = keys.value;
  if (key?.status !== 'key') return key?.status === 'unavailable' ? key.why : 'no key';
  const opened = openContent(key.contentKey, task.reference, blob);
  return opened.ok ? new TextDecoder().decode(opened.value) : opened.refusal.code;
}

async function eventually(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const untilMs = Date.now() + 60_000;
  while (Date.now() < untilMs) {
    if (await isSo()) return;
    await systemClock.sleep(10);
  }
  throw new Error(`it never came to ${what}`);
}

/** A clock that the test can move ahead. */
function shiftedClock(): Clock & { ahead(ms: number): void } {
  let shiftMs = 0;
  return {
    nowMs: () => Date.now() + shiftMs,
    sleep: (ms, signal) => systemClock.sleep(ms / 50, signal),
    ahead: (ms) => {
      shiftMs += ms;
    },
  };
}

describe('closing a session', () => {
  it.each(['user', 'miner'] as const)(
    'by the %s waits for the tasks under way; then its content is permanently unreadable, at every replica',
    async (party) => {
      const world = new SessionWorld();
      const clock = shiftedClock();
      const replicas = [world.replica(new Life(), clock), world.replica(new Life(), clock)];
      const opened = await world.open('method-1');
      await eventually('the session being recorded', () => world.recorded.length === 1);
      const { task, blob } = await sealedTask(world, opened.user);
      for (const _ of replicas) expect(await unseal(world, task, blob)).toBe(secretText);
      const closed = closeSession(opened[party], { secret: world.secrets[party], random });
      if (closed.kind !== 'accept') throw new Error(closed.refusal.code);
      const { sessionId } = opened.plan;
      await world.say(closed.send);
      await eventually(
        'the close being heard',
        async () => ((await replicas[0]?.sessions.load(sessionId))?.closeAtMs ?? 0) > 0,
      );
      expect(await unseal(world, task, blob)).toBe(secretText);
      expect(world.recorded).toHaveLength(1);
      clock.ahead(tuning.sessionCloseGraceMs);
      await eventually('the close being recorded', () => world.recorded.length === 2);
      expect(world.recorded[1]).toEqual({ state: 'closed', sessionId });
      for (const _ of replicas) expect(await unseal(world, task, blob)).toBe('session-closed');
      const stored = await replicas[0]?.sessions.load(sessionId);
      expect(stored?.state).toMatchObject({ sessionKey: null, previousKey: null });
      await systemClock.sleep(20);
      world.cache.flush();
      for (const replica of replicas) expect(await replica.sessions.load(sessionId)).toBeUndefined();
      for (const _ of replicas) expect(await unseal(world, task, blob)).toBe('session-unknown');
      const other = opened[party === 'user' ? 'miner' : 'user'];
      const heard = await receiveMessage(other, messagesSent(closed.state).at(-1) as never, {
        secret: world.secrets.oracle,
        random,
      });
      expect(heard.kind === 'accept' && phaseOf(heard.state)).toBe('closed');
      await world.stop();
    },
  );

  it('by the Miner is at once without a task under way, and a task published later does not postpone it', async () => {
    const world = new SessionWorld();
    world.replica();
    const opened = await world.open('method-2');
    const closed = closeSession(opened.miner, { secret: world.secrets.miner, random });
    if (closed.kind !== 'accept') throw new Error(closed.refusal.code);
    await world.say(closed.send);
    await eventually('the close being recorded', () => world.recorded.some(({ state }) => state === 'closed'));
    const { task, blob } = await sealedTask(world, opened.user);
    expect(await unseal(world, task, blob)).toBe('session-closed');
    await world.stop();
  });

  it.each(['of a replica that was there', 'of one that starts later'])(
    'an old wrapped state put back into Redis revives no closed session: in the eyes %s',
    async (which) => {
      const world = new SessionWorld();
      const first = new Life();
      let replica = world.replica(first);
      const opened = await world.open('method-2');
      const { task, blob } = await sealedTask(world, opened.user);
      const key = `session:${opened.plan.sessionId}`;
      const old = await world.cache.get(key);
      const closed = closeSession(opened.miner, { secret: world.secrets.miner, random });
      if (old === undefined || closed.kind !== 'accept') throw new Error('no session');
      await world.say(closed.send);
      await eventually('the close being recorded', () => world.recorded.some(({ state }) => state === 'closed'));
      if (which !== 'of a replica that was there') {
        first.stopped.abort();
        replica = world.replica();
      }
      await world.cache.set(key, old, 3_600);
      await eventually(
        'the close being known',
        async () => (await replica.sessions.load(opened.plan.sessionId)) === undefined,
      );
      expect(await unseal(world, task, blob)).toBe('session-unknown');
      await world.stop();
    },
  );

  it('an old wrapped state put back into Redis after its hour is not used', async () => {
    const world = new SessionWorld();
    const clock = shiftedClock();
    world.replica(new Life(), clock);
    const opened = await world.open('method-2');
    const { task, blob } = await sealedTask(world, opened.user);
    const key = `session:${opened.plan.sessionId}`;
    expect(await unseal(world, task, blob)).toBe(secretText);
    const old = await world.cache.get(key);
    if (old === undefined) throw new Error('no session');
    clock.ahead(tuning.sessionTtlSeconds * 1_000 + 1);
    await world.cache.set(key, old, 3_600);
    expect(await unseal(world, task, blob)).toBe('session-unknown');
    await world.stop();
  });

  it('by an outsider changes nothing', async () => {
    const world = new SessionWorld();
    world.replica();
    const opened = await world.open('method-2');
    const { task, blob } = await sealedTask(world, opened.user);
    const closed = closeSession(opened.user, { secret: { ...world.secrets.user, signingKey: random(32) }, random });
    if (closed.kind !== 'accept') throw new Error(closed.refusal.code);
    await world.say(closed.send);
    await eventually('the close being refused', async () => (await world.broker.connect().lastSequence('DEAD')) > 0);
    expect(await unseal(world, task, blob)).toBe(secretText);
    await world.stop();
  });
});

describe('rekeying a session', () => {
  it('happens with age; content of the previous epoch stays readable, older content does not', async () => {
    let shiftMs = 0;
    const clock: Clock = {
      nowMs: () => Date.now() + shiftMs,
      sleep: (ms, signal) => systemClock.sleep(ms / 50, signal),
    };
    const world = new SessionWorld();
    world.replica(new Life(), clock);
    const { user, plan } = await world.open('method-1');
    await eventually('the session being recorded', () => world.recorded.length === 1);
    let state = user;
    let after = 0;
    const catchUp = async () => {
      for (;;) {
        const next = await world.next(plan.sessionId, after);
        if (next === undefined) return;
        after = next.sequence;
        const step = await receiveMessage(state, next.said, { secret: world.secrets.user, random });
        if (step.kind === 'accept') state = step.state;
      }
    };
    const tasks = [];
    for (const epoch of [0, 1, 2]) {
      await catchUp();
      expect(state.epoch).toBe(epoch);
      const sealed = await sealedTask(world, state);
      tasks.push(sealed);
      expect(await unseal(world, sealed.task, sealed.blob)).toBe(secretText);
      shiftMs += tuning.epochAgeMsMax;
      expect(await unseal(world, sealed.task, sealed.blob)).toBe(secretText);
    }
    await catchUp();
    expect(state.epoch).toBe(3);
    const answers = await Promise.all(tasks.map(({ task, blob }) => unseal(world, task, blob)));
    expect(answers).toEqual(['epoch-unknown', 'epoch-unknown', secretText]);
    expect(world.recorded.slice(1)).toEqual(
      [1, 2, 3].map((epoch) => ({ state: 'rekeyed', sessionId: plan.sessionId, epoch })),
    );
    await world.stop();
  });
});
