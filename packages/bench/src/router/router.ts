/** `assay bench router`: what a task costs at the gateway's door, and what the Router adds to an answer. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { entryBeside, nodeFlagsOf } from '@assay/adapters/process/entry-file';
import { type LocalNetwork, startLocalNetwork } from '@assay/cli/network/local-network';
import { Progress, paint, print, tableOf } from '@assay/cli/output/terminal';
import { type Spread, spreadOf } from '../spread.ts';
import { type AnswerTimes, measureAnswers, thinkingMs } from './first-answers.ts';
import { type HttpRun, runHttpLoad } from './http-load.ts';

export interface BenchRouter {
  readonly rounds: number;
  /** Tasks of a round, for each handler. */
  readonly requests: number;
  readonly clients: number;
  /** Questions, for each way to ask. */
  readonly questions: number;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** The figures of one handler. */
interface HandlerFigures {
  readonly perSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  readonly refused: number;
}

/** All figures of one run. */
export interface RouterFigures {
  readonly clients: number;
  readonly bodyBytes: number;
  readonly bare: HandlerFigures;
  readonly gateway: HandlerFigures;
  /** Tasks a second of the gateway as a share of the bare handler's. */
  readonly share: number;
  readonly answers: AnswerTimes;
  /** Median milliseconds that the mode optimistic adds to asking one miner. */
  readonly addedMs: number;
}

const entry = fileURLToPath(entryBeside(import.meta.url, 'bare-handler'));
const submissions = 3;
const words = 'The tide follows the Moon, whose pull is stronger on the near side of the Earth than on the far side. ';

/** Measures and prints; resolves with 0. */
export async function benchRouter(options: BenchRouter): Promise<number> {
  const progress = new Progress();
  const figures = await measureRouter(options, (step) => progress.say(step));
  progress.end();
  if (options.json) print(JSON.stringify(figures));
  else for (const line of linesOf(figures)) print(line);
  return 0;
}

/** Starts a network and measures both; tasks at its door when nothing else of it runs. */
export async function measureRouter(
  { rounds, requests, clients, questions, signal }: Omit<BenchRouter, 'json'>,
  onStep: (step: string) => void = () => {},
): Promise<RouterFigures> {
  const bare = fork(entry, [], { execArgv: nodeFlagsOf(entry), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let network: LocalNetwork | undefined;
  try {
    const [{ port }] = (await once(bare, 'message', { signal })) as [{ readonly port: number }];
    network = await startLocalNetwork({
      operators: 1,
      replicas: 1,
      replicasOf: (_, role) => (role === 'checksum' ? 1 : 0),
      aggregators: 1,
      logLevel: 'warn',
      signal,
      onProgress: onStep,
      environment: { REQUESTS_PER_MINUTE: '1000000', CONTENT_BYTES_PER_HOUR: String(2 ** 40) },
    });
    onStep(`asking questions, ${questions} each way`);
    const answers = await measureAnswers(network, questions, signal);
    // What the others do with a task is not what its door costs.
    const others = network.services.filter(({ service }) => service !== 'gateway');
    await Promise.all(others.map((service) => service.stop()));
    const urls = { bare: `http://127.0.0.1:${port}/v1/tasks`, gateway: `${network.gatewayUrl}/v1/tasks` };
    const runs = { bare: [] as HttpRun[], gateway: [] as HttpRun[] };
    // The first round warms up and does not count; the order alternates.
    for (let round = 0; round <= rounds; round += 1) {
      onStep(round === 0 ? 'warming up' : `round ${round} of ${rounds}`);
      for (const name of round % 2 === 0 ? (['bare', 'gateway'] as const) : (['gateway', 'bare'] as const)) {
        const bodyOf = (index: number) => taskBody(`${round}-${index}`);
        const run = await runHttpLoad({ url: urls[name], bodyOf, requests, clients, statusWanted: 202, signal });
        if (round > 0) runs[name].push(run);
      }
    }
    const [ofBare, ofGateway] = [figuresOf(runs.bare), figuresOf(runs.gateway)];
    return {
      clients,
      bodyBytes: Buffer.byteLength(taskBody('1-1')),
      bare: ofBare,
      gateway: ofGateway,
      share: Math.round((100 * ofGateway.perSecond.median) / ofBare.perSecond.median) / 100,
      answers,
      addedMs: Math.round(10 * (answers.optimistic.median - answers.miner.median)) / 10,
    };
  } finally {
    bare.kill();
    await network?.stop();
  }
}

/** A task that no other request has, as JSON. */
function taskBody(name: string): string {
  return JSON.stringify({
    reference: `bench-${name}`,
    policy: 'checksum-only',
    prompt: `Why are there tides? (${name})`,
    submissions: Array.from({ length: submissions }, (_, index) => ({
      miner: `miner-${index}`,
      output: `${words.repeat(3)}${name}-${index}`,
    })),
  });
}

function figuresOf(runs: readonly HttpRun[]): HandlerFigures {
  const of = (name: 'perSecond' | 'p50Ms' | 'p99Ms', digits: number) =>
    spreadOf(
      runs.map((run) => run[name]),
      digits,
    );
  const refused = runs.reduce((sum, run) => sum + run.refused, 0);
  return { perSecond: of('perSecond', 0), p50Ms: of('p50Ms', 1), p99Ms: of('p99Ms', 1), refused };
}

function linesOf({ clients, bodyBytes, bare, gateway, share, answers, addedMs }: RouterFigures): string[] {
  const stated = ({ median, least, most }: Spread) => `${median} (${least} to ${most})`;
  const row = (name: string, { perSecond, p50Ms, p99Ms, refused }: HandlerFigures) => [
    name,
    stated(perSecond),
    stated(p50Ms),
    stated(p99Ms),
    String(refused),
  ];
  return [
    paint(
      'bold',
      `Tasks of ${submissions} submissions, ${bodyBytes} bytes, ${clients} clients; median (least to most)`,
    ),
    ...tableOf([['handler', 'tasks/s', 'p50 ms', 'p99 ms', 'refused'], row('bare', bare), row('gateway', gateway)]),
    `The gateway takes ${Math.round(100 * share)} % of what a bare handler of its framework takes.`,
    '',
    paint(
      'bold',
      `An answer of a miner that thinks for ${thinkingMs} ms, as a stream, milliseconds until its text is whole`,
    ),
    ...tableOf([
      ['asked', 'median (least to most)'],
      ['the miner', stated(answers.miner)],
      ['the Router, optimistic', stated(answers.optimistic)],
      ['the Router, off', stated(answers.off)],
    ]),
    `The mode optimistic adds ${addedMs} ms.`,
  ];
}
