/** Sealed tasks by both methods on a whole network: only the committee reads them, and nothing else contains them. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { keyringFromFile, keyringFromSecret } from '@assay/adapters/keys/key-file';
import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import { ensureNatsStreams } from '@assay/adapters/nats/streams';
import { registerSessionAccount } from '@assay/cli/tasks/seal-task';
import { subjects } from '@assay/protocol/bus/subjects';
import { type Hex, toHex } from '@assay/protocol/encoding/bytes';
import type { Keyring } from '@assay/protocol/ports';
import { contentIdOf } from '@assay/protocol/task/content-id';
import { decodeTaskMessage } from '@assay/protocol/task/task-message';
import { spans } from '@assay/runtime/service/telemetry-names';
import { unsealOverBus } from '@assay/runtime/validator/unseal-client';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { proveTranscript } from '@assay/sdk/prove-transcript';
import { newSessionId, openSession, type Session } from '@assay/sdk/session';
import { addressOfIdentity, readIdentities } from '@assay/sdk/session-identity';
import { METHODS } from '@assay/session-keys/agreement/transcript';
import { contentKey } from '@assay/session-keys/sealing/content-key';
import { readSealedHeader } from '@assay/session-keys/sealing/sealed-header';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../integration/eventually.ts';
import { type PostgresServer, postgresFolder, startPostgres } from '../integration/postgres-server.ts';
import { archiveOnce } from './one-operator/archive-cases.ts';
import { type OtlpReceiver, startOtlpReceiver } from './otlp-receiver.ts';
import { bytesToFind, foundIn, type Needle, wordsToFind } from './secret-search.ts';
import { databaseContents, type Listener, listenTo, tracesOf } from './trace/network-traces.ts';
import { certify } from './trace/trace-tasks.ts';
import { startWatchedNetwork, type WatchedNetwork } from './watched-network.ts';

/** Words that occur nowhere else. */
const sealedWords = ['zwafferlinx', 'quobblethorn', 'vyxendrople', 'krumblesnatz'] as const;
const publicWords = ['plimforgasten', 'jexwandurble'] as const;
const deletedWords = ['brixelmontane', 'dorfquibbles'] as const;
/** Accounts 0 to 2 belong to the deployer, the oracle and the aggregator. */
const accounts = { user: 3, miner: 4 } as const;
const random = (length: number) => new Uint8Array(randomBytes(length));

interface SealedTask {
  readonly session: Session;
  readonly minerSession: Session;
  readonly reference: string;
  readonly taskId: Hex;
  /** Sealed prompt and output, by CID. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

let receiver: OtlpReceiver;
let network: WatchedNetwork;
let listener: Listener;
const tasks: SealedTask[] = [];

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  network = await startWatchedNetwork({
    operators: 1,
    aggregators: 1,
    participants: 2,
    otlpEndpoint: receiver.url,
    logLevel: 'debug',
    apiKeys: true,
    environment: { WEBHOOKS: 'on', WEBHOOK_NETWORKS: '127.0.0.0/8' },
  });
  listener = await listenTo(network);
  const [prompt, output] = textsOf(publicWords[0], publicWords[1]);
  await certify(network, {
    reference: 'in public',
    policy: 'standard',
    prompt,
    submissions: [{ miner: 'miner-1', output }],
  });
  for (const [index, method] of METHODS.entries()) tasks.push(await sealedTask(method, sealedWords.slice(2 * index)));
  await receiver.until('the sealed tasks being published', (all) => {
    const published = all.filter(({ name }) => name === spans.publish).length;
    return published > tasks.length || `${published} were`;
  });
});

afterAll(async () => {
  await listener?.stop();
  await network?.stop();
  await receiver?.close();
});

function textsOf(asked: string, answered: string): [string, string] {
  return [
    `Why does the ${asked} sleep during the day and look for food at night?`,
    `The animal sleeps by day because it is cooler and safer, as a ${answered} knows, to look for food at night.`,
  ];
}

/** Opens a session by a method, seals prompt and output under it, and waits for the certified report. */
async function sealedTask(method: (typeof METHODS)[number], words: readonly string[]): Promise<SealedTask> {
  const { gateway, chain } = network;
  const user = await registerSessionAccount(chain, anvilAccountKey(accounts.user));
  const miner = await registerSessionAccount(chain, anvilAccountKey(accounts.miner));
  const { oracle } = await gateway.readNetwork();
  const addresses = {
    user: addressOfIdentity(user.secret),
    miner: addressOfIdentity(miner.secret),
    oracle: oracle ?? '0x',
  };
  const opening = {
    gateway,
    method,
    sessionId: newSessionId(),
    identities: await readIdentities(chain, addresses),
  } as const;
  const [session, minerSession] = await Promise.all([
    openSession({ ...opening, party: 'user', secret: user.secret }),
    openSession({ ...opening, party: 'miner', secret: miner.secret }),
  ]);
  const reference = `sealed by ${method}`;
  const [prompt, output] = textsOf(words[0] ?? '', words[1] ?? '');
  const sealed = [session.seal('prompt', reference, prompt), minerSession.seal('output', reference, output)] as const;
  const submissions = [{ miner: addresses.miner, output: sealed[1] }];
  const { taskId } = await certify(network, { reference, policy: 'sealed', prompt: sealed[0], submissions });
  const blobs = sealed.map((one) => new Uint8Array(Buffer.from(one.sealed, 'base64')));
  return { session, minerSession, reference, taskId, blobs: new Map(blobs.map((blob) => [contentIdOf(blob), blob])) };
}

/** Requests the keys of a task from the key participants over the bus, as an operator. */
async function unseal(keyring: Keyring, { taskId, blobs }: SealedTask): Promise<ReadonlyMap<string, Uint8Array>> {
  const message = await network.bus.last('TASKS', subjects.task(taskId));
  const decoded = message === undefined ? undefined : decodeTaskMessage(message.data);
  const task = decoded?.ok ? decoded.value.task : undefined;
  const policy = network.policies.find(({ name }) => name === 'sealed');
  if (task === undefined || policy === undefined) throw new Error(`Task ${taskId} is not on the stream.`);
  const { oracle, network: validators } = await network.gateway.readNetwork();
  const asking = unsealOverBus({
    bus: network.bus,
    keyring,
    telemetry: memoryTelemetry(),
    network: validators,
    role: 'semantic',
    random,
    oracleAgreementKey: async () => (await network.chain.agreementKeyOf(oracle ?? '0x')) ?? '0x',
  });
  const all = await asking({ task, policy, deadlineMs: 0, headers: {} }, blobs);
  return new Map([...all].flatMap(([cid, one]) => ('bytes' in one ? [[cid, one.bytes] as const] : [])));
}

/** Session keys and the keys of all contents. */
function keysOf({ session, reference, blobs }: SealedTask): Needle[] {
  const { sessionKey } = session.established;
  const contentKeys = [...blobs].map(([cid, blob]) => {
    const header = readSealedHeader(blob);
    if (!header.ok) throw new Error(header.refusal.code);
    return bytesToFind(`the key of ${cid}`, contentKey(sessionKey, header.value, reference));
  });
  return [bytesToFind(`the session key of ${reference}`, sessionKey), ...contentKeys];
}

async function everything(): Promise<Map<string, Uint8Array>> {
  const exported = Buffer.from(receiver.bodies.join('\n'));
  // The search blocks this process for so long that a server may end a connection that is being opened.
  const traces = await eventually('the data of every place', () => tracesOf(network));
  return new Map([...traces, ...listener.heard(), ['exported spans', exported]]);
}

it.each([
  ['text', (word: string) => Buffer.from(word)],
  ['capitals', (word: string) => Buffer.from(word.toUpperCase())],
  ['UTF-16LE', (word: string) => Buffer.from(word, 'utf16le')],
  ['UTF-16BE', (word: string) => Buffer.from(word, 'utf16le').swap16()],
  ['hexadecimal', (word: string) => Buffer.from(Buffer.from(word).toString('hex'))],
  ['base64', (word: string) => Buffer.from(Buffer.from(`"${word}" and more`).toString('base64'))],
  ['base64 with two bytes before', (word: string) => Buffer.from(Buffer.from(`ab${word}c`).toString('base64url'))],
  ['base64 with three bytes before', (word: string) => Buffer.from(Buffer.from(`abc${word}`).toString('base64'))],
] as const)('the search finds a word as %s', (_, written) => {
  const [word] = sealedWords;
  const place = Buffer.concat([Buffer.from([0, 255, 7]), written(word), Buffer.from('...')]);
  expect(foundIn(new Map([['there', place]]), wordsToFind('it', [word]))).not.toEqual([]);
  expect(foundIn(new Map([['there', place]]), wordsToFind('it', [publicWords[0]]))).toEqual([]);
});

it('sealed content and keys occur nowhere: logs, spans, metrics, Redis, bus, content store, chain, files', async () => {
  const places = await everything();
  const needles = [...wordsToFind('the sealed word', sealedWords), ...tasks.flatMap(keysOf)];
  expect(foundIn(places, needles)).toEqual([]);
});

/** Where the id of a session is found sooner or later: its record on the chain and exported spans come last. */
const placesOfIds = ['stream SESSIONS', 'stream AUDIT', 'chain', 'Redis', 'Redis commands', 'exported spans'];

it('the same search finds public content where it must be, and sealed content by its session id', async () => {
  const ids = tasks.map(({ session }) => bytesToFind('the id', Buffer.from(session.established.sessionId.slice(2))));
  const placesWith = (places: ReadonlyMap<string, Uint8Array>, needles: readonly Needle[]) =>
    new Set(foundIn(places, needles).map((one) => one.split(':')[0]));
  const places = await eventually('the ids', async () => {
    const all = await everything();
    const having = placesWith(all, ids);
    return placesOfIds.every((place) => having.has(place)) ? all : undefined;
  });
  const found = (needles: readonly Needle[]) => placesWith(places, needles);
  const content = found(wordsToFind('the public word', publicWords));
  for (const place of ['stream CONTENTS', 'bus traffic']) expect(content).toContain(place);
  expect([...content].some((place) => place?.startsWith('file nats/jetstream'))).toBe(true);
  const [logged, measured] = [found(wordsToFind('a log line', ['"level"'])), found(wordsToFind('a metric', ['assay']))];
  for (const { name } of network.services) {
    expect(logged).toContain(`file logs/${name}.log`);
    expect(measured).toContain(`metrics of ${name}`);
  }
});

it('an operator outside the committee gets no key, and the audit names the requester', async () => {
  const stranger = keyringFromSecret(toHex(random(32)));
  for (const task of tasks) {
    await expect(unseal(stranger, task)).rejects.toThrow('not-in-committee');
    const last = await network.bus.last('AUDIT', subjects.audit('refused'));
    expect(JSON.parse(new TextDecoder().decode(last?.data))).toMatchObject({
      kind: 'refused',
      operator: stranger.address,
      role: 'semantic',
      taskId: task.taskId,
      code: 'not-in-committee',
    });
    expect(last?.headers.traceparent).toMatch(/^00-[0-9a-f]{32}-/);
  }
});

it('anyone can check a session’s messages against the chain', async () => {
  for (const { session } of tasks) {
    const { sessionId, transcriptHash } = session.established;
    const { messages } = await network.gateway.readSessionMessages(sessionId, 0, 0);
    const proven = await eventually('the record', async () => {
      const answer = await proveTranscript(network.chain, messages);
      return answer.ok && answer.value;
    });
    expect(proven).toMatchObject({ transcriptHash, session: { state: 'established', transcriptHash } });
    const [first, ...rest] = messages;
    const codeOf = async (log: typeof messages) => {
      const answer = await proveTranscript(network.chain, log);
      return answer.ok ? 'proven' : answer.refusal.code;
    };
    expect(await codeOf(rest)).toBe('transcript-incomplete');
    expect(await codeOf(messages.filter(({ round }) => round < 3))).toBe('transcript-incomplete');
    const signature = `0x${'1b'.repeat(65)}` as const;
    expect(await codeOf(first === undefined ? [] : [{ ...first, signature }, ...rest])).toBe('transcript-incomplete');
    const forged = {
      sessionOf: (oracle: Hex, id: Hex) => network.chain.sessionOf(oracle, id),
      isTranscriptOf: async () => false,
    };
    const refusedBy = await proveTranscript(forged, messages);
    expect(refusedBy.ok || refusedBy.refusal.code).toBe('wrong-transcript');
  }
});

it('an operator of the committee reads it until the session is closed; then nobody does', async () => {
  const member = keyringFromFile(network.operators[0]?.keyFile ?? '');
  for (const task of tasks) {
    expect([...(await unseal(member, task)).keys()].sort()).toEqual([...task.blobs.keys()].sort());
    const { sessionId } = task.session.established;
    await task.minerSession.close();
    // A close waits for the deadlines of the tasks under way.
    await eventually('the keys being gone', async () => (await unseal(member, task)).size === 0, 60_000);
    const place = { kind: 'task', id: task.taskId } as const;
    for (const cid of task.blobs.keys()) expect(await network.contentStore.get(cid, place)).toBeDefined();
    const { oracle } = await network.gateway.readNetwork();
    await eventually('the close being on chain', async () => {
      return (await network.chain.sessionOf(oracle ?? '0x', sessionId))?.state === 'closed';
    });
  }
});

describe('content that its submitter deletes', () => {
  let postgres: PostgresServer | undefined;
  const told: string[] = [];
  const receiver = createServer((request, response) => {
    void text(request).then((body) => {
      told.push(body);
      response.writeHead(204).end();
    });
  });

  beforeAll(async () => {
    await once(receiver.listen(0, '127.0.0.1'), 'listening');
    if (process.env.TEST_SCOPE === 'whole' && postgresFolder !== undefined) postgres = await startPostgres();
  });

  afterAll(async () => {
    receiver.close();
    await postgres?.stop();
  });

  /** Whether a place holds one of the words. */
  const isAt = async (place: string) => {
    const bytes = (await tracesOf(network)).get(place) ?? new Uint8Array();
    return foundIn(new Map([[place, bytes]]), wordsToFind('the word', deletedWords)).length > 0;
  };
  const clientOf = async (owner: string) => {
    const { token } = await network.gateway.createKey({ owner, scopes: ['submit', 'read'] });
    return new GatewayClient(network.gatewayUrl, { apiKey: token });
  };

  it('occurs nowhere afterwards, and nobody else can delete it', async () => {
    const [submitter, other] = [await clientOf('a submitter'), await clientOf('another one')];
    const { port } = receiver.address() as AddressInfo;
    await submitter.createWebhook(`http://127.0.0.1:${port}/`);
    const [capital, wrong] = deletedWords;
    const outputs = [capital, `It is ${capital}.`, capital, `The capital is ${capital}.`, wrong];
    const taskId = await submitter.submitTask({
      reference: 'deleted',
      prompt: `What is the capital of the land where the ${wrong} live?`,
      submissions: outputs.map((output, index) => ({ miner: `miner-${index}`, output })),
    });
    expect(await submitter.readReport(taskId, 30_000)).toBeDefined();
    await eventually('the webhook being told', () => told.length > 0);
    expect(told).toEqual([expect.stringContaining(taskId)]);
    // Whether an operator's evidence quotes the answers depends on the answers; here it does.
    const quoting = subjects.evidence(taskId, 'llm-judge', network.operators[0]?.address ?? '0x');
    await network.bus.publish(quoting, Buffer.from(`quotes ${capital}`));
    for (const place of ['stream CONTENTS', 'stream EVIDENCE']) expect(await isAt(place), place).toBe(true);
    if (postgres !== undefined)
      expect(await archiveOnce(network, postgres)).toContainEqual(expect.objectContaining({ kind: 'kept', taskId }));

    await expect(other.deleteContent(taskId)).rejects.toMatchObject({ status: 403, code: 'out-of-scope' });
    const deleted = { taskId, contents: 5 };
    expect(await submitter.deleteContent(taskId)).toEqual(deleted);
    expect(await submitter.deleteContent(taskId)).toEqual(deleted);
    // Validators drop their notes when their evidence is out, which can be after the report.
    await eventually('the notes being gone', async () => !(await isAt('Redis')));
    const places = new Map([...(await everything())].filter(([place]) => !listener.heard().has(place)));
    places.set('what the webhook was told', Buffer.from(told.join('\n')));
    if (postgres !== undefined) {
      const rows = await databaseContents(postgres.url);
      expect(Buffer.from(rows).includes(taskId)).toBe(true);
      places.set('PostgreSQL', rows);
    }
    expect(foundIn(places, wordsToFind('the word', deletedWords))).toEqual([]);
    // The report stays, and the records name who deleted what.
    expect(await submitter.readReport(taskId)).toBeDefined();
    const results = await eventually('two records of each act', async () => {
      const records = new TextDecoder().decode((await tracesOf(network)).get('stream RECORDS'));
      const acts = records.match(/\{[^{}]*DELETE [^{}]*\}/g)?.filter((one) => one.includes(taskId)) ?? [];
      return acts.length === 5 ? acts.map((one) => /"result":"([^"]+)"/.exec(one)?.[1] ?? '') : undefined;
    });
    expect(results.toSorted()).toEqual(['begun', 'begun', 'done', 'done', 'out-of-scope']);
  });
});

// Last: it shortens the age of all content.
it('content older than its age occurs nowhere: bus, files of NATS and logs, Redis, spans, metrics, chain', async () => {
  await ensureNatsStreams({ servers: network.servers.nats.url, contentAgeMs: 1_000 });
  const words = wordsToFind('the word', [...publicWords, ...sealedWords]);
  const blobs = tasks.flatMap(({ blobs }) => [...blobs].map(([cid, blob]) => bytesToFind(cid, blob.subarray(0, 64))));
  await eventually('the content being gone', async () => {
    const { first, last } = await network.bus.extent('CONTENTS');
    return first > last && last > 0;
  });
  // What the test itself heard is no place of the network.
  const places = new Map([...(await everything())].filter(([place]) => !listener.heard().has(place)));
  expect(foundIn(places, [...words, ...blobs])).toEqual([]);
});
