/**
 * `assay bench telemetry`: the cost of traces, metrics and logs, measured on two networks in one run, one with them and
 * one without.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type LocalNetwork, startLocalNetwork } from '@assay/cli/network/local-network';
import { Progress, print, tableOf } from '@assay/cli/output/terminal';
import { judgeTasks } from '@assay/cli/tasks/judge-tasks';
import { publicRequestOf } from '@assay/cli/tasks/public-request';
import type { LabelledTask } from '@assay/cli/tasks/task-file';
import { quantile, rounded } from '../spread.ts';

export interface BenchTelemetry {
  readonly tasks: readonly LabelledTask[];
  readonly operators: number;
  /** Pairs of blocks; in each pair, the same tasks go to both networks in turn. */
  readonly rounds: number;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** One pair of blocks, tasks a second. */
export interface TelemetryRound {
  readonly off: number;
  readonly on: number;
}

/** All figures of one run. */
export interface TelemetryFigures {
  readonly tasksInBlock: number;
  readonly rounds: readonly TelemetryRound[];
  readonly offMedian: number;
  readonly onMedian: number;
  /** 1 - on/off: median over the pairs, and the middle half of them. */
  readonly cost: { readonly median: number; readonly quarter: number; readonly threeQuarters: number };
  /** What the network with telemetry sent, and how often it was scraped. */
  readonly spans: number;
  readonly exportedBytes: number;
  readonly scrapes: number;
}

const policy = 'standard';
const aggregators = 2;
const inFlightMax = 16;
const taskTimeoutMs = 120_000;
const blockTimeSeconds = 0.25;
/** As often as the shipped Prometheus scrapes. */
const scrapeEveryMs = 15_000;
/** The bar: telemetry costs at most this share of throughput. */
const costMax = 0.05;

/** Runs the bench; resolves with 0 if the cost is below the bar, otherwise with 1. */
export async function benchTelemetry(options: BenchTelemetry): Promise<number> {
  const progress = new Progress();
  const sink = await startSink();
  const networks: LocalNetwork[] = [];
  const start = async (name: string, more: { otlpEndpoint?: string; logLevel: string }) => {
    const { operators, signal } = options;
    const onProgress = (step: string) => progress.say(`network ${name}: ${step}`);
    const network = await startLocalNetwork({
      operators,
      replicas: 1,
      aggregators,
      blockTimeSeconds,
      signal,
      onProgress,
      ...more,
    });
    networks.push(network);
    return network;
  };
  try {
    const off = await start('without telemetry', { logLevel: 'error' });
    const on = await start('with telemetry', { logLevel: 'info', otlpEndpoint: sink.url });
    const figures = await measure({ off, on }, sink, options, (step) => progress.say(step));
    progress.end();
    if (options.json) print(JSON.stringify(figures));
    else for (const line of linesOf(figures)) print(line);
    return figures.cost.median <= costMax ? 0 : 1;
  } finally {
    progress.end();
    await Promise.all(networks.map((network) => network.stop()));
    await sink.close();
  }
}

async function measure(
  networks: Readonly<Record<keyof TelemetryRound, LocalNetwork>>,
  sink: Sink,
  options: BenchTelemetry,
  say: (step: string) => void,
): Promise<TelemetryFigures> {
  const ended = new AbortController();
  const scrapes = scrapeUntil(networks.on, ended.signal);
  const rounds: TelemetryRound[] = [];
  // The first pair warms models and code caches, and does not count.
  for (let round = 0; round <= options.rounds; round++) {
    const order = round % 2 === 0 ? (['off', 'on'] as const) : (['on', 'off'] as const);
    const rates = { off: 0, on: 0 };
    for (const which of order) {
      say(`${round === 0 ? 'warming up' : `round ${round} of ${options.rounds}`}, telemetry ${which}`);
      rates[which] = await tasksASecond(networks[which], options, `round ${round}`);
    }
    if (round > 0) rounds.push(rates);
  }
  ended.abort();
  const costs = rounds.map(({ off, on }) => 1 - on / off);
  return {
    tasksInBlock: options.tasks.length,
    rounds: rounds.map(({ off, on }) => ({ off: rounded(off), on: rounded(on) })),
    offMedian: rounded(
      quantile(
        rounds.map(({ off }) => off),
        0.5,
      ),
    ),
    onMedian: rounded(
      quantile(
        rounds.map(({ on }) => on),
        0.5,
      ),
    ),
    cost: { median: quantile(costs, 0.5), quarter: quantile(costs, 0.25), threeQuarters: quantile(costs, 0.75) },
    ...sink.received(),
    scrapes: await scrapes,
  };
}

async function tasksASecond(network: LocalNetwork, options: BenchTelemetry, name: string): Promise<number> {
  const startedMs = performance.now();
  const judged = await judgeTasks(options.tasks, {
    gateway: network.gateway,
    chain: network.chain,
    policies: network.policies,
    requestOf: async (task) => publicRequestOf(task, policy, `${task.task} ${name}`),
    timeoutMs: taskTimeoutMs,
    inFlightMax,
    signal: options.signal,
  });
  const wrong = judged.find(({ unproven }) => unproven !== undefined);
  if (wrong !== undefined) throw new Error(`Task ${wrong.taskId} is not proven: ${wrong.unproven}.`);
  return judged.length / ((performance.now() - startedMs) / 1_000);
}

/** Scrapes every service like Prometheus; resolves with the number of scrapes. */
async function scrapeUntil(network: LocalNetwork, signal: AbortSignal): Promise<number> {
  let scrapes = 0;
  while (!signal.aborted) {
    for (const { facts } of network.services) {
      const accept = 'application/openmetrics-text; version=1.0.0';
      const answer = await fetch(`http://127.0.0.1:${facts.healthPort}/metrics`, { headers: { accept } });
      await answer.arrayBuffer();
      scrapes += 1;
    }
    await pause(scrapeEveryMs, undefined, { signal }).catch(() => undefined);
  }
  return scrapes;
}

interface Sink {
  readonly url: string;
  received(): { readonly spans: number; readonly exportedBytes: number };
  close(): Promise<void>;
}

/** Accepts OTLP/HTTP requests, counts and discards them. */
async function startSink(): Promise<Sink> {
  let spans = 0;
  let exportedBytes = 0;
  const server: Server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      exportedBytes += chunk.length;
      spans += chunk.toString('latin1').split('"spanId"').length - 1;
    });
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => ({ spans, exportedBytes }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function linesOf(figures: TelemetryFigures): string[] {
  const { rounds, cost, offMedian, onMedian } = figures;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const rows = rounds.map(({ off, on }, index) => [
    `${index + 1}`,
    off.toFixed(2),
    on.toFixed(2),
    percent(1 - on / off),
  ]);
  return [
    `Blocks of ${figures.tasksInBlock} tasks, in turn on a network without and on one with traces, scrapes and logs`,
    ...tableOf(
      [
        ['round', 'off tasks/s', 'on tasks/s', 'cost'],
        ...rows,
        ['median', offMedian.toFixed(2), onMedian.toFixed(2), percent(cost.median)],
      ],
      [1, 2, 3],
    ),
    `cost ${percent(cost.median)} of throughput (middle half of the rounds ${percent(cost.quarter)} to ${percent(cost.threeQuarters)}); bar ${percent(costMax)}`,
    `${figures.spans} spans and links in ${(figures.exportedBytes / 1e6).toFixed(1)} MB, ${figures.scrapes} scrapes; receiver and scraper ran on the same cores`,
  ];
}
