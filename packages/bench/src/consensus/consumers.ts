/** `assay bench consumers`: our NATS consumers against those of NATS's own client, in paired rounds. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import { connectClientReader, makeWorkConsumer } from '@assay/adapters/nats/client-consumers';
import { ensureNatsStreams } from '@assay/adapters/nats/streams';
import { startNats } from '@assay/adapters/process/server-programs';
import { Progress, paint, print, tableOf } from '@assay/cli/output/terminal';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Bus, WorkOptions } from '@assay/protocol/ports';
import { type Spread, spreadOf } from '../spread.ts';
import { processorMs } from './processor-time.ts';

/** Bytes of one message: about an observation. */
const messageBytes = 700;
const publishedAtOnce = 256;
/** The ack wait of the durable consumer whose worker stops; 30 s on a network. */
const ackWaitMs = 2_000;
const handOversMax = 3;

/** Which consumers read: ours, the client's, or the client's on our transport. */
const variants = ['ours', 'client', 'client on our transport'] as const;
type Variant = (typeof variants)[number];
/** `work`: a durable consumer, each message acknowledged. `follow`: a stream in order. */
const ways = ['work', 'follow'] as const;
type Way = (typeof ways)[number];

export interface BenchConsumers {
  readonly rounds: number;
  /** Messages that each variant reads in a round. */
  readonly messages: number;
  /** Messages that a worker holds at once. */
  readonly concurrency: number;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** One way to read by one variant: CPU milliseconds of 1,000 messages, here and in the server; messages a second. */
export interface ConsumerFigures {
  readonly way: Way;
  readonly variant: Variant;
  readonly processMs: Spread;
  readonly serverMs: Spread;
  readonly perSecond: Spread;
}

/** All figures of one run of the bench. */
export interface ConsumersBench {
  readonly reading: readonly ConsumerFigures[];
  /**
   * From the moment a worker stops after its first message until another has every message that the first had fetched.
   */
  readonly handOverMs: { readonly ours: Spread; readonly client: Spread; readonly ackWaitMs: number };
}

interface Run {
  readonly processMs: number;
  readonly serverMs: number;
  readonly perSecond: number;
}

/** Measures and prints; resolves with 0. */
export async function benchConsumers({ json, ...options }: BenchConsumers): Promise<number> {
  const progress = new Progress();
  const figures = await measureConsumers(options, (round) => progress.say(`round ${round} of ${options.rounds}`));
  progress.end();
  if (json) print(JSON.stringify(figures));
  else for (const line of linesOf(figures)) print(line);
  return 0;
}

function linesOf({ reading, handOverMs: { ours, client, ackWaitMs } }: ConsumersBench): string[] {
  const stated = ({ median, least, most }: Spread) => `${median} (${least} to ${most})`;
  const rows = reading.map(({ way, variant, processMs, serverMs, perSecond }) => [
    way,
    variant,
    stated(processMs),
    stated(serverMs),
    stated(perSecond),
  ]);
  const heads = ['reads', 'consumers', 'CPU ms for 1,000', 'of the server', 'messages/s'];
  return [
    paint('bold', 'NATS consumers, median (least to most)'),
    ...tableOf([heads, ...rows]),
    `A stopped worker’s messages reach another after ${stated(ours)} ms (ours), ${stated(client)} ms (client); the ack wait is ${ackWaitMs} ms.`,
  ];
}

/**
 * Reads all messages by each variant in turn, so often; the order alternates. The first round warms up and does not
 * count.
 */
export async function measureConsumers(
  { rounds, messages, concurrency, signal }: Omit<BenchConsumers, 'json'>,
  onRound: (round: number) => void = () => {},
): Promise<ConsumersBench> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  const nats = await startNats({ dir });
  try {
    await ensureNatsStreams({ servers: nats.url });
    await fill(nats.url, messages);
    const runs: (Run & { readonly way: Way; readonly variant: Variant })[] = [];
    for (let round = 0; round <= rounds; round++) {
      onRound(round);
      for (const way of ways) {
        for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
          signal.throwIfAborted();
          const run = await timed(
            nats.pid,
            messages,
            await reader(nats.url, { way, variant, round, messages, concurrency }),
          );
          if (round > 0) runs.push({ ...run, way, variant });
        }
      }
    }
    const handOver = async (variant: 'ours' | 'client') => {
      const all: number[] = [];
      for (let round = 0; round < Math.min(rounds, handOversMax); round++) {
        signal.throwIfAborted();
        all.push(await handOverMs(nats.url, `bench-stop-${round}-${variant}`, variant, concurrency));
      }
      return spreadOf(all, 0);
    };
    return {
      reading: ways.flatMap((way) => variants.map((variant) => figuresOf(way, variant, runs))),
      handOverMs: { ours: await handOver('ours'), client: await handOver('client'), ackWaitMs },
    };
  } finally {
    await nats.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

function figuresOf(
  way: Way,
  variant: Variant,
  runs: readonly (Run & { readonly way: Way; readonly variant: Variant })[],
): ConsumerFigures {
  const own = runs.filter((run) => run.way === way && run.variant === variant);
  const of = (name: keyof Run, digits: number) =>
    spreadOf(
      own.map((run) => run[name]),
      digits,
    );
  return { way, variant, processMs: of('processMs', 1), serverMs: of('serverMs', 1), perSecond: of('perSecond', 0) };
}

async function fill(url: string, messages: number): Promise<void> {
  const bus = await connectNatsBus({ servers: url, name: 'bench' });
  const data = new Uint8Array(messageBytes).fill(0x61);
  for (let sent = 0; sent < messages; sent += publishedAtOnce) {
    const size = Math.min(publishedAtOnce, messages - sent);
    await Promise.all(Array.from({ length: size }, (_, index) => bus.publish(subjects.dead(`m${sent + index}`), data)));
  }
  await bus.close();
}

interface Wanted {
  readonly way: Way;
  readonly variant: Variant;
  readonly round: number;
  readonly messages: number;
  readonly concurrency: number;
}

/** Connected, and with its consumer made, before the time counts. */
interface Reader {
  /** Reads all messages once. */
  read(): Promise<void>;
  close(): Promise<void>;
}

async function reader(url: string, { way, variant, round, messages, concurrency }: Wanted): Promise<Reader> {
  const durable = `bench-${round}-${variant.replace(/\W+/g, '-')}`;
  const work = { stream: 'DEAD', durable, filterSubject: subjects.dead('*'), concurrency };
  if (way === 'work') await makeWorkConsumer(url, work);
  if (variant !== 'ours') {
    const client = await connectClientReader(url, variant === 'client' ? 'client' : 'turns', () => {});
    const read = () =>
      way === 'work' ? client.work('DEAD', durable, messages, concurrency) : client.follow('DEAD', messages);
    return { read, close: () => client.close() };
  }
  const bus = await connectNatsBus({ servers: url, name: 'bench' });
  const stop = new AbortController();
  let left = messages;
  const read = async () => {
    if (way === 'follow') {
      for await (const _ of bus.follow('DEAD', {}, stop.signal)) if (--left === 0) return;
      return;
    }
    for await (const delivery of bus.work(work, stop.signal)) {
      await delivery.ack();
      if (--left === 0) return;
    }
  };
  return { read, close: () => bus.close() };
}

/** Milliseconds; see {@link ConsumersBench.handOverMs}. */
async function handOverMs(
  url: string,
  durable: string,
  variant: 'ours' | 'client',
  concurrency: number,
): Promise<number> {
  const work = { stream: 'DEAD', durable, filterSubject: subjects.dead('*'), concurrency, ackWaitMs };
  await makeWorkConsumer(url, work);
  const [bus, client] = [
    await connectNatsBus({ servers: url, name: 'bench' }),
    await connectClientReader(url, 'client', () => {}),
  ];
  const stop = new AbortController();
  try {
    if (variant === 'client') await client.work('DEAD', durable, 1, concurrency);
    else await takeOne(bus, work);
    const stoppedMs = performance.now();
    const left = new Set(Array.from({ length: concurrency - 1 }, (_, index) => index + 2));
    for await (const delivery of bus.work(work, stop.signal)) {
      await delivery.ack();
      left.delete(delivery.sequence);
      if (left.size === 0) break;
    }
    return performance.now() - stoppedMs;
  } finally {
    stop.abort();
    await Promise.all([bus.close(), client.close()]);
  }
}

async function takeOne(bus: Bus, work: WorkOptions): Promise<void> {
  const stop = new AbortController();
  for await (const delivery of bus.work(work, stop.signal)) {
    await delivery.ack();
    stop.abort();
  }
}

async function timed(serverPid: number, messages: number, connected: Reader): Promise<Run> {
  const serverMs = () => processorMs({ server: [serverPid] })?.server ?? Number.NaN;
  const [startedMs, startedServerMs, startedCpu] = [performance.now(), serverMs(), process.cpuUsage()];
  await connected.read();
  const [tookMs, cpu] = [performance.now() - startedMs, process.cpuUsage(startedCpu)];
  const run = {
    processMs: (cpu.user + cpu.system) / messages,
    serverMs: ((serverMs() - startedServerMs) * 1000) / messages,
    perSecond: (messages * 1000) / tookMs,
  };
  await connected.close();
  return run;
}
