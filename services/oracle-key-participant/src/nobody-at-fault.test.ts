/** What is missing is never a miner's fault: what validators vote under the shipped policy when a key cannot be granted. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { systemClock } from '@assay/adapters/process/system-clock';
import { subjects } from '@assay/protocol/bus/subjects';
import { utf8 } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { examplePolicy } from '@assay/protocol/network/example-network';
import { flagWord } from '@assay/protocol/observation/flag';
import { policiesSchema, rolesOf, voteOf } from '@assay/protocol/policy/policy';
import { withChecks } from '@assay/protocol/policy/stated-checks';
import type { Clock, ContentStore } from '@assay/protocol/ports';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { contentIdOf } from '@assay/protocol/task/content-id';
import { type TaskBody, taskIdOf } from '@assay/protocol/task/task';
import { tuning } from '@assay/protocol/tuning';
import { loadContent } from '@assay/runtime/validator/content-loader';
import { unsealOverBus } from '@assay/runtime/validator/unseal-client';
import { type AgreementState, establishedSession } from '@assay/session-keys/agreement/agreement-state';
import { closeSession } from '@assay/session-keys/agreement/rekey-and-close';
import { sealContent } from '@assay/session-keys/sealing/seal';
import { afterEach, describe, expect, it } from 'vitest';
import type { Participant } from './participant.ts';
import { Life, SessionWorld } from './sessions.fixture.ts';

const random = (length: number) => new Uint8Array(randomBytes(length));
const policies = policiesSchema.parse(
  withChecks(
    JSON.parse(readFileSync(new URL('../../../deploy/policies.json', import.meta.url), 'utf8')),
    examplePolicy.checksDigest,
  ),
);
const policy = policies.find(({ payload }) => payload === 'sealed') ?? policies[0];
let worlds: SessionWorld[] = [];

afterEach(async () => {
  await Promise.all(worlds.map((world) => world.stop()));
  worlds = [];
});

/** Two sessions, so that the prompt stays readable when the second miner's session is closed. */
async function opened(clock?: Clock) {
  const world = new SessionWorld();
  worlds.push(world);
  const life = new Life();
  const participant = world.replica(life, clock);
  const [first, second] = [await world.open('method-2'), await world.open('method-2')];
  for (const { plan } of [first, second]) await established(participant, plan.sessionId);
  return { world, life, participant, first, second };
}

async function established(participant: Participant, sessionId: `0x${string}`) {
  for (let attempt = 0; attempt < 2_000; attempt += 1) {
    const held = await participant.sessions.load(sessionId);
    if (held !== undefined && establishedSession(held.state) !== undefined) return;
    await systemClock.sleep(2);
  }
  throw new Error('no session');
}

function sealed(state: AgreementState, direction: 'prompt' | 'output', text: string): Uint8Array {
  const session = establishedSession(state);
  if (session === undefined) throw new Error('no session');
  return sealContent({ ...session, direction, reference: 'a task', random }, utf8(text));
}

/** The task of two answers, each under its own session. */
async function handIn(world: SessionWorld, blobs: readonly [Uint8Array, Uint8Array, Uint8Array]) {
  if (policy === undefined) throw new Error('no policy');
  const [prompt, ...outputs] = blobs;
  for (const blob of blobs) world.content.keep(blob);
  const entry = (bytes: Uint8Array) => ({ cid: contentIdOf(bytes), bytes: bytes.length });
  const body: TaskBody = {
    version: 1,
    reference: 'a task',
    policy: world.example.policy.name,
    parameters: {},
    prompt: entry(prompt),
    submissions: outputs.map((bytes, index) => ({ ...entry(bytes), miner: `miner-${index}` })),
  };
  const task = { ...body, taskId: taskIdOf(body) };
  await world.broker.connect().publish(subjects.task(task.taskId), encodeMessage(task));
  return { task, policy, deadlineMs: Date.now() + policy.deadlineMs, headers: {} };
}

/** What each role votes on each submission, from what a validator can read; `text` where it reads the answer. */
async function votes(world: SessionWorld, known: Awaited<ReturnType<typeof handIn>>, store: ContentStore) {
  const [operator] = world.example.operators;
  if (operator === undefined) throw new Error('no operator');
  const bus = world.broker.connect();
  const unseal = unsealOverBus({
    bus: { ...bus, request: (subject, data) => bus.request(subject, data, { timeoutMs: 60_000 }) },
    keyring: {
      address: addressOf(operator.privateKey),
      sign: async (digest) => signDigest(digest, operator.privateKey),
    },
    telemetry: world.telemetry,
    network: world.example.network,
    role: 'checksum',
    random,
    oracleAgreementKey: async () => world.identities.oracle.agreementKey,
  });
  const content = await loadContent(store, unseal, { known, enclosed: () => undefined }, false);
  return content.outputs.map((output) => {
    if ('bytes' in output) return 'text';
    const given = rolesOf(known.policy).map((role) =>
      voteOf(role, known.policy, { score: 0, flags: flagWord(role, [output.problem]) }),
    );
    return `${output.problem}: ${[...new Set(given)].join(', ')}`;
  });
}

function blobsOf({ first, second }: Awaited<ReturnType<typeof opened>>) {
  return [
    sealed(first.user, 'prompt', 'a question'),
    sealed(first.miner, 'output', 'an answer'),
    sealed(second.miner, 'output', 'another answer'),
  ] as const;
}

describe('nobody is rejected for what is missing', () => {
  it.each([
    ['within the grace period it is judged', 0, 'text'],
    ['afterwards it is an abstention', tuning.sessionCloseGraceMs + 1_000, 'key-unavailable: abstain'],
  ])("the User closes one miner's session before handing the task in: %s", async (_, laterMs, expected) => {
    let shiftMs = 0;
    const clock: Clock = {
      nowMs: () => Date.now() + shiftMs,
      sleep: (ms, signal) => systemClock.sleep(ms / 50, signal),
    };
    const made = await opened(clock);
    const { world, participant, second } = made;
    const blobs = blobsOf(made);
    const closed = closeSession(second.user, { secret: world.secrets.user, random });
    if (closed.kind !== 'accept') throw new Error(closed.refusal.code);
    await world.say(closed.send);
    for (let left = 2_000; left > 0; left -= 1) {
      const held = await participant.sessions.load(second.plan.sessionId);
      if (held !== undefined && (held.closeAtMs > 0 || establishedSession(held.state) === undefined)) break;
      await systemClock.sleep(2);
    }
    shiftMs = laterMs;
    const known = await handIn(world, blobs);
    expect(await votes(world, known, world.content)).toEqual(['text', expected]);
  });

  it('the content store loses one blob for the Oracle', async () => {
    const made = await opened();
    const blobs = blobsOf(made);
    const known = await handIn(made.world, blobs);
    const whole = new Map(blobs.map((blob) => [contentIdOf(blob), blob]));
    const lost = contentIdOf(blobs[2]);
    const get = (cid: string) => whole.get(cid);
    Object.assign(made.world.content, { get: async (cid: string) => (cid === lost ? undefined : get(cid)) });
    const store: ContentStore = { ...made.world.content, get: async (cid) => whole.get(cid) };
    expect(await votes(made.world, known, store)).toEqual(['text', 'key-unavailable: abstain']);
  });

  it('FLUSHALL, and every replica of the Oracle restarted', async () => {
    const made = await opened();
    const known = await handIn(made.world, blobsOf(made));
    made.life.stopped.abort();
    made.world.cache.flush();
    made.world.replica();
    expect(await votes(made.world, known, made.world.content)).toEqual(
      Array(2).fill(expect.stringMatching(/^(key-unavailable|task-incomplete): abstain$/)),
    );
  });

  it('a session past its hour, its state expired in Redis and in memory', async () => {
    const made = await opened();
    const known = await handIn(made.world, blobsOf(made));
    for (const { plan } of [made.second]) {
      await made.world.cache.delete(`session:${plan.sessionId}`);
      made.participant.sessions.forget(plan.sessionId);
    }
    expect(await votes(made.world, known, made.world.content)).toEqual(['text', 'key-unavailable: abstain']);
  });
});
