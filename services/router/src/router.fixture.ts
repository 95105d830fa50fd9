/** A Router before miners that a test writes, and no network behind it. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import { systemClock } from '@assay/adapters/process/system-clock';
import { exampleKey } from '@assay/protocol/network/example-network';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import type { TaskRequestInput } from '@assay/protocol/task/task';
import { answerDigest, referenceHeader } from '@assay/sdk/miner-answer';
import { MinerBook } from './miner-book.ts';
import { type Miner, minersSchema } from './miners.ts';
import type { Router, RouterAnswer } from './router.ts';
import { paths, routesOf } from './routes.ts';

const domain = { chainId: 31_337, hub: `0x${'ab'.repeat(20)}` } as const;

/** What the client asks; it must be in no log. */
export const secret = 'the-secret-of-the-prompt';
const servers: Server[] = [];

/** Stops all miners. */
export function stopMiners(): void {
  for (const one of servers.splice(0)) {
    one.closeAllConnections();
    one.close();
  }
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

/** The reference that a miner is asked with. */
export const referenceOf = (headers: Record<string, unknown>) => String(headers[referenceHeader]);

/** The signature of the miner with `key` over an output. */
export function assayOf(reference: string, key: number, output: string, claimed = key): object {
  const digest = answerDigest(domain, { reference, prompt: secret, output });
  return { miner: addressOf(exampleKey(claimed)), signature: signDigest(digest, exampleKey(key)) };
}

/** The answer that a miner with `key` would give, as the text of a response. */
export function signed(reference: string, key: number, output: string, claimed = key, more: object = {}): string {
  const assay = assayOf(reference, key, output, claimed);
  const message = { role: 'assistant', content: output, ...more };
  return JSON.stringify({ choices: [{ message, finish_reason: 'stop' }], assay });
}

/** A miner that is honest, and answers in one piece. */
export const honest =
  (key: number, output = 'Four.'): RequestListener =>
  (request, response) =>
    void response.end(signed(referenceOf(request.headers), key, output, key, { reasoning_content: 'unsigned' }));

/** What a Router was asked, and what became of it. */
export interface Tried {
  readonly answer: RouterAnswer;
  readonly tasks: readonly TaskRequestInput[];
  readonly recorded: string;
  readonly router: Router;
}

/** The registry of these miners. */
export function minersOf(urls: readonly string[]): Miner[] {
  return minersSchema.parse(
    urls.map((url, index) => ({
      name: `m${index + 1}`,
      url,
      address: addressOf(exampleKey(index + 1)),
      models: ['m'],
      price: index === 0 ? 1e-9 : 1e12,
    })),
  );
}

/** The parts of a Router before these miners; the first is always drawn before the second. */
async function routerBefore(listeners: readonly RequestListener[], tasks: TaskRequestInput[] = []) {
  const urls = await Promise.all(listeners.map(serve));
  const telemetry = memoryTelemetry();
  const miners = minersOf(urls);
  const gateway = {
    submitTask: async (task: TaskRequestInput) => {
      tasks.push(task);
      throw new Error('the network is away');
    },
    readReport: async () => undefined,
  };
  const router: Router = {
    miners,
    book: new MinerBook(systemClock),
    domain,
    judge: {
      prove: async () => {
        throw new Error('never asked');
      },
      policy: 'standard',
      clock: systemClock,
      timeoutMs: 1_000,
    },
    clock: systemClock,
    telemetry,
    callers: { admit: async () => ({ gateway, key: undefined, headers: {} }) },
    inputFilter: undefined,
    payments: undefined,
    usage: undefined,
    audit: undefined,
    publicUrl: undefined,
    needsKey: false,
    newId: () => 'id',
    minersAsked: 2,
    answerTimeoutMs: 30_000,
    hedgeMs: 100,
    underWayMax: 4,
  };
  return { router, telemetry };
}

/** Asks a Router before these miners. */
export async function ask(
  listeners: readonly RequestListener[],
  body: object = {},
  mode = 'off',
  {
    path = paths.chat,
    signal = new AbortController().signal,
    ...parts
  }: Partial<Router> & {
    readonly path?: string;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Tried> {
  const tasks: TaskRequestInput[] = [];
  const { telemetry, ...before } = await routerBefore(listeners, tasks);
  const router = { ...before.router, ...parts };
  const route = routesOf(router).find((one) => one.path === path);
  if (route === undefined) throw new Error('no route');
  const question = path === paths.text ? { prompt: secret } : { messages: [{ role: 'user', content: secret }] };
  const answer = await route.handler({
    body: { model: 'm', ...question, ...body },
    headers: { 'x-assay-mode': mode },
    query: {},
    remoteAddress: '127.0.0.1',
    signal,
  });
  return {
    answer,
    tasks,
    router,
    get recorded() {
      return JSON.stringify([telemetry.logs, telemetry.spans]);
    },
  };
}
