import { randomBytes } from 'node:crypto';
import { subjects } from '@assay/protocol/bus/subjects';
import { utf8 } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { exampleKey } from '@assay/protocol/network/example-network';
import type { Bus } from '@assay/protocol/ports';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { contentIdOf } from '@assay/protocol/task/content-id';
import type { KnownTask } from '@assay/protocol/task/known-task';
import { type TaskBody, taskIdOf } from '@assay/protocol/task/task';
import { type UnsealClient, unsealOverBus } from '@assay/runtime/validator/unseal-client';
import { type AgreementState, establishedSession } from '@assay/session-keys/agreement/agreement-state';
import { sealContent } from '@assay/session-keys/sealing/seal';
import type { Direction } from '@assay/session-keys/sealing/sealed-header';
import { afterEach, describe, expect, it } from 'vitest';
import { SessionWorld } from './sessions.fixture.ts';

const reference = 'task-1';
const random = (length: number) => new Uint8Array(randomBytes(length));
let world = new SessionWorld();

afterEach(() => world.stop());

function sealed(state: AgreementState, direction: Direction, text: string): Uint8Array {
  const session = establishedSession(state);
  if (session === undefined) throw new Error('The session is not established.');
  return sealContent({ ...session, direction, reference, random }, utf8(text));
}

/** A network with one replica, an established session, and a task of one sealed prompt and one sealed output. */
async function prepared() {
  world = new SessionWorld();
  const participant = world.replica();
  const { user, miner, plan } = await world.open('method-2');
  for (let attempt = 0; attempt < 2_000; attempt++) {
    const held = await participant.sessions.load(plan.sessionId);
    if (held !== undefined && establishedSession(held.state) !== undefined) break;
    await new Promise(setImmediate);
  }
  const prompt = sealed(user, 'prompt', 'the prompt');
  const output = sealed(miner, 'output', 'the output');
  return { ...(await taskOf(prompt, output)), plan, user };
}

const noKey = (blob: Uint8Array, reason: string) => ({
  problem: 'key-unavailable',
  why: `No key for ${contentIdOf(blob)}: ${reason}.`,
});

async function taskOf(prompt: Uint8Array, output: Uint8Array, miner = 'm-1') {
  const contents = new Map([prompt, output].map((bytes) => [contentIdOf(bytes), bytes]));
  for (const bytes of contents.values()) world.content.keep(bytes);
  const entry = (bytes: Uint8Array) => ({ cid: contentIdOf(bytes), bytes: bytes.length });
  const body: TaskBody = {
    version: 1,
    reference,
    policy: 'standard',
    parameters: {},
    prompt: entry(prompt),
    submissions: [{ ...entry(output), miner }],
  };
  const task = { ...body, taskId: taskIdOf(body) };
  await world.broker.connect().publish(subjects.task(task.taskId), encodeMessage(task));
  const known: KnownTask = { task, policy: world.example.policy, deadlineMs: 0, headers: {} };
  return { known, contents, prompt, output };
}

/** The test's clock runs fast, so a request gets the same real time as on a normal clock. */
function patientBus(): Bus {
  const bus = world.broker.connect();
  return {
    ...bus,
    request: (subject, data, options) => bus.request(subject, data, { ...options, timeoutMs: options.timeoutMs * 50 }),
  };
}

/** A validator's access to its contents, with an operator's key. */
function validator(
  privateKey = world.example.operators[0]?.privateKey ?? exampleKey(1),
  more: Partial<UnsealClient> = {},
) {
  return unsealOverBus({
    bus: patientBus(),
    keyring: { address: addressOf(privateKey), sign: async (digest) => signDigest(digest, privateKey) },
    telemetry: world.telemetry,
    network: world.example.network,
    role: 'checksum',
    random,
    oracleAgreementKey: async () => world.identities.oracle.agreementKey,
    ...more,
  });
}

describe('a validator with sealed content', () => {
  it('opens prompt and output with the keys that it is granted, and the grant is logged without them', async () => {
    const { known, contents, prompt, output } = await prepared();
    const plain = await validator()(known, contents);
    expect(plain).toEqual(
      new Map([
        [contentIdOf(prompt), { bytes: utf8('the prompt') }],
        [contentIdOf(output), { bytes: utf8('the output') }],
      ]),
    );
    const logged = await world.broker.connect().last('AUDIT', subjects.audit('grants'));
    const entry = JSON.parse(new TextDecoder().decode(logged?.data));
    expect(entry).toMatchObject({
      operator: world.example.operators[0]?.address,
      role: 'checksum',
      taskId: known.task.taskId,
    });
    expect(entry.contentIds).toEqual([...contents.keys()]);
    expect(JSON.stringify(entry)).not.toMatch(/key/i);
  });

  it('is refused when its operator is not in the committee', async () => {
    const { known, contents } = await prepared();
    await expect(validator(exampleKey(4_242))(known, contents)).rejects.toThrow(/refused: not-in-committee/);
    const bus = world.broker.connect();
    expect(await bus.last('AUDIT', subjects.audit('grants'))).toBeUndefined();
    const refusal = await bus.last('AUDIT', subjects.audit('refused'));
    expect(JSON.parse(new TextDecoder().decode(refusal?.data))).toMatchObject({
      kind: 'refused',
      operator: addressOf(exampleKey(4_242)),
      role: 'checksum',
      taskId: known.task.taskId,
      code: 'not-in-committee',
    });
  });

  it("is refused content of another task, even under the same session's key", async () => {
    const { known, contents, user } = await prepared();
    const foreign = sealed(user, 'prompt', 'of another task');
    world.content.keep(foreign);
    const asked = new Map([...contents, [contentIdOf(foreign), foreign]]);
    await expect(validator()(known, asked)).rejects.toThrow(/refused: content-not-of-task/);
  });

  it('is refused a task that is not on the stream', async () => {
    const { known, contents } = await prepared();
    const unknown = { ...known, task: { ...known.task, taskId: `0x${'0e'.repeat(32)}` as const } };
    await expect(validator()(unknown, contents)).rejects.toThrow(/refused: unknown-task/);
  });

  it('is refused with a signature that is not its own', async () => {
    const { known, contents } = await prepared();
    const thief = {
      address: addressOf(exampleKey(1)),
      sign: async (digest: `0x${string}`) => signDigest(digest, exampleKey(2)),
    };
    await expect(validator(exampleKey(1), { keyring: thief })(known, contents)).rejects.toThrow(/refused: forged/);
  });

  it('gets no key of a session that the oracle does not have, and still gets the others', async () => {
    const { prompt } = await prepared();
    const stranger = {
      sessionId: `0x${'77'.repeat(32)}` as const,
      epoch: 0,
      sessionKey: random(32),
      direction: 'output' as const,
    };
    const lost = sealContent({ ...stranger, reference, random }, utf8('of an unknown session'));
    const { known, contents } = await taskOf(prompt, lost);
    const plain = await validator()(known, contents);
    expect(plain.get(contentIdOf(prompt))).toEqual({ bytes: utf8('the prompt') });
    expect(plain.get(contentIdOf(lost))).toEqual(noKey(lost, 'session-unknown'));
    const logged = await world.broker.connect().last('AUDIT', subjects.audit('grants'));
    expect(JSON.parse(new TextDecoder().decode(logged?.data))).toMatchObject({
      contentIds: [contentIdOf(prompt)],
      without: [{ cid: contentIdOf(lost), code: 'session-unknown' }],
    });
    const { taskId } = known.task;
    const granted = { kind: 'grant', what: 'unseal', on: taskId, result: 'done' };
    expect(world.notes.at(-1)).toMatchObject({
      ...granted,
      who: expect.stringMatching(/^operator 0x[0-9a-f]{40} \w+$/),
    });
  });

  it('gets no key of content that is not sealed', async () => {
    const { prompt } = await prepared();
    const open = utf8('in the open');
    const { known, contents } = await taskOf(prompt, open);
    const plain = await validator()(known, contents);
    expect(plain.get(contentIdOf(open))).toEqual(noKey(open, 'it is not sealed'));
  });

  it('gets no key of a session of another miner than the task names', async () => {
    const { prompt, output } = await prepared();
    const { known, contents } = await taskOf(prompt, output, `0x${'ab'.repeat(20)}`);
    const plain = await validator()(known, contents);
    expect(plain.get(contentIdOf(output))).toEqual(noKey(output, 'session-of-another-miner'));
    const mine = await taskOf(prompt, output, world.identities.miner.address);
    expect((await validator()(mine.known, mine.contents)).get(contentIdOf(output))).toEqual({
      bytes: utf8('the output'),
    });
  });

  it('calls content invalid only if the granted key does not open it', async () => {
    const { prompt, output } = await prepared();
    const broken = output.map((byte, index) => (index === output.length - 1 ? byte ^ 1 : byte));
    const { known, contents } = await taskOf(prompt, broken);
    const why = `${contentIdOf(broken)} does not open: content-not-authentic.`;
    expect((await validator()(known, contents)).get(contentIdOf(broken))).toEqual({ problem: 'seal-invalid', why });
  });

  it('does not accept a grant of another oracle', async () => {
    const { known, contents } = await prepared();
    const oracleAgreementKey = async () => world.identities.user.agreementKey;
    await expect(validator(undefined, { oracleAgreementKey })(known, contents)).rejects.toThrow(/grant-not-authentic/);
  });

  it('gets an error when nobody responds', async () => {
    const { known, contents } = await prepared();
    const bus = new SessionWorld().broker.connect();
    await expect(validator(undefined, { bus })(known, contents)).rejects.toThrow(/nobody answers/);
  });
});
