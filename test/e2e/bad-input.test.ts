/** Invalid input is refused with a reason, by the gateway or as a dead letter, and disturbs nothing else. */
import { request } from 'node:http';

import { keyringFromFile } from '@assay/adapters/keys/key-file';
import type { LabelledTask } from '@assay/cli/tasks/task-file';
import { type Problem, problemMediaType, problemSchema } from '@assay/protocol/api/problem';
import { buildBatch, reportLeaf } from '@assay/protocol/batch/batch';
import { cosignatureSchema } from '@assay/protocol/batch/certificate';
import { type ProposalTask, recompute } from '@assay/protocol/batch/proposal';
import { batchIdOf, type StreamName, subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { digestSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import { exampleKey } from '@assay/protocol/network/example-network';
import { configDigest, type Network } from '@assay/protocol/network/validator-set';
import { digestOfObservation, type Observation, unsignedObservation } from '@assay/protocol/observation/observation';
import { policyDigest } from '@assay/protocol/policy/policy';
import type { Published } from '@assay/protocol/ports';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { signDigest } from '@assay/protocol/signature/signature';
import { cosignatureDigest } from '@assay/protocol/signature/typed-data';
import { type TaskRequestInput, taskSchema } from '@assay/protocol/task/task';
import { tuning } from '@assay/protocol/tuning';
import { settlementOf } from '@assay/sdk/question';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { fixtureTasks, judgeOn } from './fixture-tasks.ts';
import { deployEscrow, type Escrow, offered } from './question/question-escrow.ts';
import { judgeQuestion, liar, minerOf } from './question/question-first.ts';
import { overwriteRedis } from './redis-garbage.ts';
import { deadLetter, decodedMessagesOf } from './stream-messages.ts';
import { startWatchedNetwork, validatorOf, type WatchedNetwork } from './watched-network.ts';

const policyName = 'checksum-only';
const isWhole = process.env.TEST_SCOPE === 'whole';
/** An account of the chain that no service has. It pays in the nightly run, because the compiler takes a minute. */
const payer = 8;
/** One of two operators: while its checksum validator is paused, no report can be final. */
const operators = 2;
const heldBack = [1];
const strangersKey = exampleKey(7);
const noTask = `0x${'ee'.repeat(32)}` as const;

let watched: WatchedNetwork;
let network: Network;
/** Messages that this test published to be refused: `<stream> <sequence>`. */
const provoked = new Set<string>();

beforeAll(async () => {
  watched = await startWatchedNetwork({ operators, aggregators: 1 });
  network = (await watched.gateway.readNetwork()).network;
});

afterAll(() => watched.stop());

it('a malformed task is refused with 400, which names the field', async () => {
  const { submissions, ...rest } = requestNamed('malformed');
  const [first] = submissions;
  const answer = await post({ ...rest, submissions: [{ ...first, miner: 7 }] });
  expect(answer).toMatchObject({ status: 400, code: 'malformed', field: 'submissions.0.miner' });
});

it('a body that is not JSON is refused with 400', async () => {
  expect(await post('{"reference": ')).toMatchObject({ status: 400, code: 'malformed' });
});

it('an unknown policy is refused with 422, which names the existing ones', async () => {
  const answer = await post({ ...requestNamed('unknown-policy'), policy: 'strictest' });
  expect(answer).toMatchObject({ status: 422, code: 'unknown-policy', field: 'policy' });
  for (const { name } of watched.policies) expect(answer.detail).toContain(name);
});

it('an output that is too long is refused with 413, which names the limit and the field', async () => {
  const tooLong = { miner: 'miner-1', output: 'é'.repeat(limits.outputBytesMax / 2 + 1) };
  const answer = await post({ ...requestNamed('too-long'), submissions: [tooLong] });
  expect(answer).toMatchObject({ status: 413, code: 'too-long', field: 'submissions.0.output' });
  expect(answer.detail).toContain(String(limits.outputBytesMax));
});

it('a request that is too long as a whole is refused with 413, which names the limit', async () => {
  const { status, body } = await announce(tuning.requestBytesMax + 1);
  expect(status).toBe(413);
  expect(body).toContain('"too-long"');
  expect(body).toContain(String(tuning.requestBytesMax));
});

it('a task that was submitted before is refused with 409 and its id', async () => {
  const first = await post(requestNamed('twice'));
  const second = await post(requestNamed('twice'));
  expect(first.status).toBe(202);
  expect(second).toMatchObject({ status: 409, taskId: first.taskId, code: 'duplicate-task' });
});

it('a question is judged by the four answers in time, also where the gateway that took the last one dies', async () => {
  const escrow = isWhole ? await deployEscrow(watched, payer) : undefined;
  const policy = watched.policies.find(({ name }) => name === policyName);
  const report = await judgeQuestion(watched, async ({ questionId }) => {
    if (policy !== undefined) await escrow?.offer(questionId, minerOf(1), policyDigest(policy));
  });
  const verdicts = Object.fromEntries(report.results.map(({ miner, verdict }) => [miner, verdict]));
  const accepted = [1, 2, 4].map((miner) => [minerOf(miner), 'accept']);
  expect(verdicts).toEqual(Object.fromEntries([...accepted, [minerOf(liar), 'reject']]));
  if (escrow !== undefined) await expectPaid(escrow, report);
});

it('forged observations become dead letters, change no verdict, and silence none of those they name', async () => {
  await whileHeldBack('forged', async (held) => {
    const sequences = await Promise.all(heldBack.map((operator) => publishObservation(held, operator)));
    for (const sequence of sequences) {
      const letter = await deadLetter(watched.bus, 'OBSERVATIONS', sequence, 'forged');
      expect(letter.field).toBe('signature');
    }
  });
});

it('an observation of an unknown task becomes a dead letter', async () => {
  const { task, policy } = await taskNamed('of-another');
  const sequence = await publishObservation({ policy, task: { ...task, taskId: noTask } }, 0);
  await deadLetter(watched.bus, 'OBSERVATIONS', sequence, 'unknown-task');
});

it('a cosignature of another epoch becomes a dead letter', async () => {
  const epoch = network.epoch + 1;
  const fields = { configDigest: configDigest(network), epoch, sequence: 1, root: noTask, count: 1 };
  const keyring = keyringFromFile(watched.operators[0]?.keyFile ?? '');
  const signature = await keyring.sign(cosignatureDigest(network, fields), '0x');
  const subject = subjects.cosignature(batchIdOf(epoch, 1), keyring.address);
  const message = { epoch, sequence: 1, root: noTask, operator: keyring.address, signature };
  const sequence = await provoke('COSIGNATURES', subject, encodeMessage(message));
  const letter = await deadLetter(watched.bus, 'COSIGNATURES', sequence, 'wrong-epoch');
  expect(letter.detail).toContain(String(epoch));
});

it('a lying aggregator gets dead letters and no cosignature, and the task is still certified', async () => {
  const lies: number[] = [];
  await whileHeldBack('lying-aggregator', async (held) => {
    lies.push(await publishProposal(held, `0x${'11'.repeat(32)}`));
    await deadLetter(watched.bus, 'PROPOSALS', lies[0] ?? 0, 'wrong-root');
    lies.push(await publishProposal(held, rootOfNothing(held)));
    await deadLetter(watched.bus, 'PROPOSALS', lies[1] ?? 0, 'too-early');
  });
  const cosigned = await decodedMessagesOf(watched.bus, 'COSIGNATURES', cosignatureSchema);
  expect(cosigned.filter((one) => one.epoch === network.epoch && lies.includes(one.sequence))).toEqual([]);
});

it.each<[StreamName, string]>([
  ['TASKS', subjects.task(noTask)],
  ['OBSERVATIONS', subjects.observation(noTask, 'semantic', `0x${'aa'.repeat(20)}`)],
  ['PROPOSALS', subjects.proposal(batchIdOf(1, 999_999))],
  ['COSIGNATURES', subjects.cosignature(batchIdOf(1, 999_999), `0x${'aa'.repeat(20)}`)],
])('bytes on %s that are no message of it become dead letters', async (stream, subject) => {
  for (const bytes of [Uint8Array.of(0xff, 0x00, 0xfe), encodeMessage({ version: 2 })]) {
    await deadLetter(watched.bus, stream, await provoke(stream, subject, bytes), 'malformed');
  }
});

it('garbage over every key of Redis changes no verdict', async () => {
  const chosen = (await fixtureTasks()).slice(0, 3);
  const before = await fixtureVerdicts(chosen, 'before');
  const garbage = overwriteRedis(watched.servers.redis.url);
  try {
    expect(await fixtureVerdicts(chosen, 'under garbage')).toEqual(before);
  } finally {
    expect(await garbage.stop()).toBeGreaterThan(100);
  }
});

it('after all of it a task is certified, every process runs, and nothing else was refused', async () => {
  await expectAccepted((await taskNamed('afterwards', 'standard')).task.taskId);
  const states = await Promise.all(watched.services.map(({ facts }) => readiness(facts.healthPort)));
  expect(states).toEqual(watched.services.map(() => 200));
  const letters = await decodedMessagesOf(watched.bus, 'DEAD', z.object({ stream: z.string(), sequence: z.number() }));
  expect(new Set(letters.map((one) => `${one.stream} ${one.sequence}`))).toEqual(provoked);
});

function requestNamed(reference: string, policy = policyName): TaskRequestInput {
  const outputs = [
    'Water boils at 100 °C at sea level.',
    'At sea level, at 100 °C.',
    'It boils at 100 degrees Celsius.',
  ];
  const submissions = outputs.map((output, index) => ({ miner: `miner-${index + 1}`, output }));
  return { reference, policy, prompt: 'At which temperature does water boil at sea level?', submissions };
}

async function post(body: unknown): Promise<Partial<Problem>> {
  const response = await fetch(`${watched.gatewayUrl}/v1/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  if (response.ok) return { ...z.object({ taskId: digestSchema }).parse(answer), status: response.status };
  expect(response.headers.get('content-type')).toContain(problemMediaType);
  const problem = problemSchema.parse(answer);
  expect(problem).toMatchObject({ status: response.status, type: `/v1/problems/${problem.code}` });
  return problem;
}

/** Announces a body of some size and sends none of it: a gateway that refuses it does not wait for it. */
function announce(bytes: number): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': bytes };
    const asked = request(`${watched.gatewayUrl}/v1/tasks`, { method: 'POST', headers }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      answer.once('end', () => {
        resolve({ status: answer.statusCode, body });
        asked.destroy();
      });
    });
    asked.once('error', reject).flushHeaders();
  });
}

/** Verdicts and scores of fixture tasks, handed in under names of their own: the same contents, other task ids. */
async function fixtureVerdicts(tasks: readonly LabelledTask[], name: string) {
  const judged = await judgeOn(
    watched,
    tasks.map((one) => ({ ...one, task: `${one.task} ${name}` })),
    'standard',
  );
  expect(judged.map(({ unproven }) => unproven)).toEqual(tasks.map(() => undefined));
  return judged.map(({ report }) => report?.results);
}

/** Submits a task; resolves with the published task. */
async function taskNamed(reference: string, policy = policyName): Promise<ProposalTask> {
  const taskId = await watched.gateway.submitTask(requestNamed(reference, policy));
  const response = await fetch(`${watched.gatewayUrl}/v1/tasks/${taskId}`);
  const { task } = z.object({ task: taskSchema }).parse(await response.json());
  const found = watched.policies.find((one) => one.name === policy);
  if (found === undefined) throw new Error(`There is no policy "${policy}".`);
  return { task, policy: found };
}

/** Submits a task that cannot be decided until `work` is done; then it must be certified with everything accepted. */
async function whileHeldBack(reference: string, work: (held: ProposalTask) => Promise<void>) {
  const validators = heldBack.map((operator) => validatorOf(watched, operator, 'checksum'));
  for (const { pid } of validators) process.kill(pid, 'SIGSTOP');
  let taskId: `0x${string}`;
  try {
    const held = await taskNamed(reference);
    taskId = held.task.taskId;
    await work(held);
    expect(await watched.gateway.readReport(taskId)).toBeUndefined();
  } finally {
    for (const { pid } of validators) process.kill(pid, 'SIGCONT');
  }
  await expectAccepted(taskId);
}

async function expectAccepted(taskId: `0x${string}`) {
  const report = await watched.gateway.readReport(taskId, tuning.longPollMsMax);
  expect(report?.results.map((one) => one.verdict)).toEqual(['accept', 'accept', 'accept']);
  const explanation = await watched.gateway.explainTask(taskId);
  expect(explanation.results.map(({ reasons }) => reasons)).toEqual([[], [], []]);
}

/** Publishes a message that must be refused; resolves with its sequence. */
async function provoke(stream: StreamName, subject: string, bytes: Uint8Array): Promise<number> {
  return noteProvoked(stream, subject, await watched.bus.publish(subject, bytes));
}

function noteProvoked(stream: StreamName, subject: string, published: Published): number {
  if (published.status !== 'stored') throw new Error(`The bus did not take a message for ${subject}.`);
  provoked.add(`${stream} ${published.sequence}`);
  return published.sequence;
}

/** An observation that rejects everything in the name of an operator, signed by an outsider. */
function publishObservation({ task, policy }: ProposalTask, operator: number): Promise<number> {
  const { address } = watched.operators[operator] ?? { address: noTask };
  const nothing = task.submissions.map(() => ({ score: 0, flags: 0 }));
  const unsigned = unsignedObservation(network, policy, task, 'checksum', address, nothing);
  const signature = signDigest(digestOfObservation(network, unsigned), strangersKey);
  const message: Observation = { ...unsigned, signature };
  return provoke('OBSERVATIONS', subjects.observation(task.taskId, 'checksum', address), encodeMessage(message));
}

/**
 * A proposal of one task without observations under some root. Its subject holds its own sequence, so it starts again
 * where the network's aggregator has published a proposal in between, as that aggregator does.
 */
async function publishProposal({ task }: ProposalTask, root: `0x${string}`): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const last = await watched.bus.lastSequence('PROPOSALS');
    const sequence = last + 1;
    const message = { epoch: network.epoch, sequence, root, entries: [{ taskId: task.taskId, observations: [] }] };
    const subject = subjects.proposal(batchIdOf(network.epoch, sequence));
    const published = await watched.bus.publish(subject, encodeMessage(message), { expectLastStreamSequence: last });
    if (published.status !== 'conflict' || attempt === 10) return noteProvoked('PROPOSALS', subject, published);
  }
}

/** The root of a task's report that abstains because nobody observed. */
function rootOfNothing(held: ProposalTask): `0x${string}` {
  const report = recompute(network, held, []);
  if (!report.ok) throw new Error(report.refusal.detail);
  return buildBatch([reportLeaf(report.value.fields)]).root;
}

/** The payment that was offered before the first answer goes to its miner, once. */
async function expectPaid(escrow: Escrow, report: CertifiedReport): Promise<void> {
  const { questionId, submissionsDigest } = settlementOf(report.task) ?? {
    questionId: noTask,
    submissionsDigest: noTask,
  };
  await escrow.settle(report);
  await expect(escrow.pay(questionId, noTask, report)).rejects.toThrow('NotTheQuestion');
  await escrow.pay(questionId, submissionsDigest, report);
  await expect(escrow.pay(questionId, submissionsDigest, report)).rejects.toThrow('NoPayment');
  expect(await escrow.balanceOf(minerOf(1))).toBe(offered);
}

async function readiness(port: string | number | undefined): Promise<number> {
  return (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
}
