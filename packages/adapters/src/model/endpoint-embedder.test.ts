import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelFaultError } from '@assay/protocol/language-model/model-fault-error';
import type { Clock } from '@assay/protocol/ports';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../process/system-clock.ts';
import {
  type EmbeddingEndpoint,
  endpointCuts,
  endpointModelDigest,
  probeSentences,
  readEmbeddingEndpoint,
} from './embedding-endpoint.ts';
import { type EmbeddingServer, pairDimensions, pairVector, startEmbeddingServer } from './embedding-server.fixture.ts';
import { connectEndpointEmbedder, type EndpointEmbedder } from './endpoint-embedder.ts';

const quick: Clock = { nowMs: () => Date.now(), sleep: async () => undefined };
let server: EmbeddingServer;
let folder: string;
let fingerprint: number[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assay-embedding-'));
  server = await startEmbeddingServer();
  // As an operator finds it: the first start says what to write into the file.
  fingerprint = await shownFingerprint();
});

beforeEach(() => {
  server.salt = 1;
  server.spoil = undefined;
  server.requests.length = 0;
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const entry = () => ({ name: 'pairs', url: server.url, dimensions: pairDimensions, bytesMax: 100, fingerprint });

function read(changes: object = {}): EmbeddingEndpoint {
  const file = join(folder, 'embedding.json');
  writeFileSync(file, JSON.stringify({ ...entry(), ...changes }));
  return readEmbeddingEndpoint(file);
}

async function connect(changes: object = {}, clock = quick): Promise<EndpointEmbedder> {
  return connectEndpointEmbedder(read(changes), { clock, random: Math.random });
}

async function shownFingerprint(changes: object = {}): Promise<number[]> {
  const refusal = await connect({ ...changes, fingerprint: undefined }).then(
    () => '',
    (error: Error) => error.message,
  );
  return JSON.parse(/"fingerprint": (\[[^\]]+\])/.exec(refusal)?.[1] ?? '[]');
}

const faultOf = (embedder: EndpointEmbedder, texts: readonly string[] = ['one', 'other']) =>
  embedder.embed(texts).then(
    () => 'none',
    (error: unknown) => (error instanceof ModelFaultError ? error.fault : String(error)),
  );

function unit(values: readonly number[]): Float32Array {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
}

it('gives one vector of length 1 for each text, in order, in requests of bounded size', async () => {
  const plain = await connect({ textsMax: 2 });
  server.requests.length = 0;
  const texts = ['The Moon.', 'Bread and water.', 'Zug um Zug.', '海の潮', 'e'.repeat(40)];
  expect(await plain.embed(texts)).toEqual(texts.map((text) => unit(pairVector(text))));
  expect(server.requests.map(({ body }) => body.input.length)).toEqual([3, 3, 2]);
  expect(await plain.embed([])).toEqual([]);
});

it('puts the prefix before every text', async () => {
  const embedder = await connect({ prefix: 'query: ', fingerprint: await shownFingerprint({ prefix: 'query: ' }) });
  expect(await embedder.embed(['Tide.'])).toEqual([unit(pairVector('query: Tide.'))]);
});

it('sends one sentence with every request that it knows the vector of', async () => {
  const embedder = await connect();
  server.requests.length = 0;
  for (let time = 0; time < 8; time += 1) await embedder.embed(['a text', 'another text']);
  const sent = server.requests.map(({ body }) => body.input.filter((text) => text.startsWith('a')).length);
  expect(new Set(sent)).toEqual(new Set([2]));
  const known = server.requests.flatMap(({ body }) =>
    body.input.filter((text) => probeSentences.some((one) => one === text)),
  );
  expect(known).toHaveLength(8);
});

describe('an answer is not believed:', () => {
  it.each<[string, string, (text: string) => string | number]>([
    ['garbage', 'malformed', () => '<html>'],
    ['another shape', 'malformed', () => '{"model":"pairs","data":{}}'],
    ['NaN', 'malformed', (text) => text.replace(/\[\d+/, '[NaN')],
    ['one vector too few', 'malformed', (text) => text.replace(/\{"index":0[^}]*\}/, '').replace(/,\]/, ']')],
    ['an index twice', 'malformed', (text) => text.replace('"index":0', '"index":1')],
    ['vectors of another size', 'malformed', (text) => text.replace(/"embedding":\[/g, '"embedding":[1,')],
    ['a vector of zeros', 'impossible-numbers', (text) => text.replace(/\[[\d,]{40,}\]/, `[${'0,'.repeat(31)}0]`)],
    ['another model', 'wrong-model', (text) => text.replace('"pairs"', '"letters"')],
    ['a client error', 'malformed', () => 400],
    ['an error of the server', 'refused', () => 503],
  ])('%s', async (_, fault, spoil) => {
    const embedder = await connect();
    server.spoil = spoil;
    expect(await faultOf(embedder)).toBe(fault);
    server.spoil = undefined;
    expect(await faultOf(embedder)).toBe('none');
  });

  it('another model that claims the name and the size', async () => {
    const embedder = await connect();
    server.salt = 5;
    expect(await faultOf(embedder)).toBe('wrong-model');
  });

  it('more bytes than vectors of this size need', async () => {
    const embedder = await connect();
    server.spoil = (text) => text + ' '.repeat(200_000);
    expect(await faultOf(embedder)).toBe('malformed');
  });
});

describe('a bound', () => {
  it('of time ends a request that is never answered', async () => {
    server.spoil = () => undefined;
    await expect(connect({ timeoutMs: 100 }, systemClock)).rejects.toThrow('timed-out');
  });

  it('of tries ends with a server whose connections break', async () => {
    const embedder = await connect();
    server.requests.length = 0;
    server.spoil = () => {
      server.cutOff();
      return undefined;
    };
    expect(await faultOf(embedder)).toBe('unreachable');
    expect(server.requests).toHaveLength(3);
  });

  it('of tokens keeps requests here', async () => {
    const embedder = await connect({ tokensPerMinute: 5 });
    server.requests.length = 0;
    expect(await faultOf(embedder, ['x'.repeat(20)])).toBe('none');
    expect(await faultOf(embedder, ['x'.repeat(20)])).toBe('out-of-budget');
    expect(server.requests).toHaveLength(1);
  });

  it('of bytes cuts a text so that nothing of it is lost', () => {
    const cuts = endpointCuts(read({ prefix: 'query: ' }));
    const text = 'The tide rises twice a day. '.repeat(9) + '月'.repeat(80);
    const pieces = cuts.chunk(text, 4_096);
    expect(pieces.join('')).toBe(text);
    expect(Math.max(...pieces.map((piece) => Buffer.byteLength(`query: ${piece}`)))).toBeLessThanOrEqual(100);
    expect(() => cuts.chunk('x'.repeat(1_000), 4)).toThrow(RangeError);
  });
});

describe('connecting', () => {
  it.each<[string, RegExp, object]>([
    ['nobody is there', /gives no list of models \(unreachable\)/, { url: 'http://127.0.0.1:1/v1' }],
    ['the model has another name', /has no model "words". It has: pairs/, { model: 'words' }],
    ['vectors have another size', /no vectors of 64 values by the model "pairs" \(malformed\)/, { dimensions: 64 }],
    [
      'the model computes something else',
      /another one than the file's/,
      { fingerprint: Array.from({ length: 10 }, () => 0) },
    ],
    ['nothing is known of the model', /has no fingerprint.*Write it into the file/, { fingerprint: undefined }],
  ])('says what is wrong: %s', async (_, message, changes) => {
    await expect(connect(changes)).rejects.toThrow(message);
  });

  it('reads the key from its file, and sends it', async () => {
    const keyFile = join(folder, 'key');
    writeFileSync(keyFile, 'secret\n', { mode: 0o600 });
    const embedder = await connect({ keyFile });
    await embedder.embed(['a text']);
    expect(new Set(server.requests.map(({ key }) => key))).toEqual(new Set(['Bearer secret']));
  });
});

it('has a digest of what operators agree on, and of nothing else', () => {
  const digest = endpointModelDigest(read());
  for (const changes of [{ url: 'https://models.example/v1' }, { model: 'pairs-v1' }, { timeoutMs: 500, textsMax: 3 }])
    expect(endpointModelDigest(read(changes))).toBe(digest);
  const others = [
    { name: 'other' },
    { dimensions: 64 },
    { bytesMax: 200 },
    { prefix: 'q: ' },
    { fingerprint: Array.from({ length: 10 }, () => 1) },
  ];
  expect(new Set([digest, ...others.map((changes) => endpointModelDigest(read(changes)))]).size).toBe(6);
});

it.each([
  ['no TLS to another machine', { url: 'http://models.example/v1' }, /https:\/\//],
  ['a field that nobody knows', { apiKey: 'secret' }, /apiKey/],
  ['a prefix that leaves no room', { prefix: 'x'.repeat(80) }, /more than half/],
  ['a fingerprint of another length', { fingerprint: [1, 2] }, /fingerprint/],
])('refuses %s', (_, changes, message) => {
  expect(() => read(changes)).toThrow(message);
});
