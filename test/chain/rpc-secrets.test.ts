/** An RPC whose URL contains a key fails in all ways of real providers: the key is in no log, span or error. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { MemoryBroker } from '@assay/adapters/memory/memory-bus';
import { systemClock } from '@assay/adapters/process/system-clock';
import { startTelemetry } from '@assay/adapters/telemetry/telemetry';
import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { errorText } from '@assay/protocol/error-text';
import type { Telemetry } from '@assay/protocol/ports';
import { runFollowLoop } from '@assay/runtime/loop/follow-loop';
import { runWorkLoop } from '@assay/runtime/loop/work-loop';
import { ChainReader } from '@assay/sdk/chain-reader';
import { afterAll, beforeAll, expect, it } from 'vitest';

const secrets = ['S3CR3TinPATH0123456789', 'S3CR3TinQUERY', 'S3CR3TinPASSWORD'] as const;
const [inPath, inQuery, inPassword] = secrets;
const path = `/v3/${inPath}?apikey=${inQuery}`;
const html = `<!doctype html><html><body><pre>Cannot POST ${path} for key ${inPath}</pre></body></html>`;

type Answer = (response: ServerResponse, id: number) => void;

const answered =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response, id) => {
    const text = typeof body === 'string' ? body : JSON.stringify({ jsonrpc: '2.0', id, ...(body as object) });
    response
      .writeHead(status, { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json', ...headers })
      .end(text);
  };
const failed = (code: number, message: string) => answered(200, { error: { code, message } });

/** The failures of an RPC; it repeats its own URL where real servers do. */
const failures: Readonly<Record<string, Answer>> = {
  'an error -32000': failed(-32_000, `header not found at https://rpc.example${path}`),
  'an error -32602': failed(-32_602, `invalid argument ${inPath}`),
  'an error -32603': failed(-32_603, `upstream ${path} failed`),
  'an error -32005': failed(-32_005, `limit of key ${inPath} exceeded`),
  'HTTP 401': answered(401, { error: { code: -32_600, message: `unknown key ${inPath}` } }),
  'HTTP 429': answered(429, { error: { code: 429, message: `slow down, ${inPath}` } }, { 'retry-after': '0' }),
  'HTTP 404 with a page': answered(404, html),
  'a page': answered(200, html),
  'half of JSON': answered(200, `{"jsonrpc":"2.0","error":"${path}`),
  'a connection that breaks': (response) => void response.socket?.destroy(),
  'no answer at all': () => undefined,
};

const lines: string[] = [];
const spans: string[] = [];
const seen: string[] = [];
let receiver: Server;
let telemetry: Telemetry;

beforeAll(async () => {
  receiver = await listening((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      spans.push(Buffer.concat(chunks).toString('latin1'));
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  telemetry = startTelemetry({
    service: 'failing-rpc',
    instance: 'one',
    otlpEndpoint: `http://127.0.0.1:${portOf(receiver)}`,
    logLevel: 'debug',
    logDestination: { write: (line) => void lines.push(line) },
  });
});
afterAll(async () => {
  await telemetry.close();
  receiver.close();
});

it('never reveals the key of an RPC, however the RPC fails', { timeout: 120_000 }, async () => {
  await Promise.all(
    Object.entries(failures).map(async ([name, answer]) => {
      const server = await listening((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => answer(response, (JSON.parse(Buffer.concat(chunks).toString()) as { id: number }).id));
      });
      await ask(name, portOf(server));
      server.closeAllConnections();
      server.close();
    }),
  );
  await ask('a connection refused', 1);
  const metrics = await telemetry.metricsText();
  await telemetry.close();

  const whole = [...lines, ...spans, ...seen, metrics].join('\n');
  for (const name of Object.keys(failures)) expect(seen.filter((text) => text.startsWith(name)).length).toBe(8);
  expect(whole).toContain('the message will be redelivered');
  expect(whole).toContain('the message will be tried again');
  expect(spans.join('')).toContain('ask the chain');
  const leaks = [...lines, ...spans, ...seen, metrics].flatMap((text) =>
    secrets.flatMap((secret) => around(text, secret)),
  );
  expect(leaks).toEqual([]);
  // The information that an operator needs to find the fault is kept.
  expect(whole).toContain('http://127.0.0.1:');
  expect(whole).toContain('header not found');
});

/** Sends requests in every way that services use, and keeps the text of the errors, with stacks and causes. */
async function ask(name: string, port: number): Promise<void> {
  const address = { hub: zero(1), registry: zero(2), keystore: zero(3) } as const;
  const chain = connectEvmChain({
    // `fetch` refuses URLs with credentials before it connects; the message of that refusal quotes them.
    rpcUrl: `http://127.0.0.1:${port}${path}${name === 'a connection refused' ? `,http://user:${inPassword}@127.0.0.1:1/` : ''}`,
    ...address,
    transmitterKey: anvilAccountKey(0),
    log: telemetry.log,
    transmitter: { log: telemetry.log, giveUpAfterMs: 500 },
  });
  // A program of a User or Miner; the SDK takes one address.
  const reader = new ChainReader({
    rpcUrl:
      name === 'a connection refused'
        ? `http://user:${inPassword}@127.0.0.1:1${path}`
        : `http://127.0.0.1:${port}${path}`,
    ...address,
  });
  const batch = { configDigest: digest, epoch: 1, sequence: 1, root: digest, count: 1 };
  const questions = {
    height: () => chain.height(),
    balance: () => chain.transmitterBalance(),
    network: () => chain.network(),
    post: () => chain.post(batch, '0x'),
    'network for a program': () => reader.readNetwork(1),
    'root for a program': () => reader.readRoot(1, 1),
    'key of a program': () => reader.registerAgreementKey(anvilAccountKey(1), digest),
  };
  const inLoops = failInLoops(() => chain.height());
  await Promise.all(
    Object.entries(questions).map(async ([what, question]) => {
      const error: unknown = await question().catch((thrown: unknown) => thrown);
      expect(error, `${name}: ${what}`).toBeInstanceOf(Error);
      telemetry.log.error('a question failed', { error, text: errorText(error) });
      seen.push(`${name}, ${what}: ${inspect(error, { depth: 10, showHidden: true })} ${String(error)}`);
    }),
  );
  seen.push(`${name}, loops: ${await inLoops}`);
}

/** A handler that calls the chain, in both loops, until its failure is a dead letter. Returns the dead letter. */
async function failInLoops(question: () => Promise<unknown>): Promise<string> {
  const bus = new MemoryBroker().connect();
  const stop = new AbortController();
  await bus.publish(subjects.proposal('1-1'), encodeMessage({}));
  const common = { bus, clock: systemClock, telemetry, service: 'failing-rpc', stream: 'PROPOSALS' } as const;
  const handler = async () => {
    await question();
    throw new Error('The question was answered.');
  };
  const spanName = 'ask the chain';
  const loops = [
    runFollowLoop({ ...common, spanName, handler }, stop.signal),
    runWorkLoop(
      {
        ...common,
        spanName,
        handler,
        deliveriesMax: 2,
        work: { durable: 'ask', filterSubject: subjects.proposals, concurrency: 1 },
      },
      stop.signal,
    ),
  ];
  for await (const letter of bus.follow('DEAD', {}, AbortSignal.any([stop.signal, AbortSignal.timeout(90_000)]))) {
    stop.abort();
    await Promise.all(loops);
    return Buffer.from(letter.data).toString();
  }
  throw new Error('No dead letter came.');
}

const digest = `0x${'11'.repeat(32)}` as const;
const zero = (last: number) => `0x${last.toString().padStart(40, '0')}` as const;

async function listening(handler: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** The first occurrence of a secret in a text, with its context. */
function around(text: string, secret: string): string[] {
  const at = text.indexOf(secret);
  return at < 0 ? [] : [text.slice(0, 60), text.slice(Math.max(0, at - 150), at + 80)];
}
