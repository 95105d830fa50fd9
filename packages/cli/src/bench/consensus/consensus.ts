/** `assay bench consensus`: from the sealed task to its certificate, over real NATS, in good and bad weather. */
import type { Hex } from '@assay/protocol/bytes';
import { Progress, print } from '../../account/terminal.ts';
import { quantile, rounded } from '../keys-parties.ts';
import { type BenchNetwork, type BenchPace, type Mode, startBenchNetwork } from './bench-network.ts';
import { benchTask } from './bench-tasks.ts';
import { Load, type Sustained } from './load.ts';
import { type Phases, readStreams, streamPositions, type Traffic } from './phases.ts';
import { processorMs } from './processor-time.ts';

/** What to measure, and how long. */
export interface BenchConsensus {
  readonly json: boolean;
  readonly runs: number;
  readonly seconds: number;
  readonly submissions: number;
  readonly modes: readonly string[] | undefined;
  readonly profile: string | undefined;
  readonly signal: AbortSignal;
}

/** The middle of several runs, and the least and the most. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Latencies at one rate of tasks a second. */
export interface LatencyFigures {
  readonly tasksPerSecond: number;
  readonly tasks: number;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  /** Medians of the phases, by the server's times. */
  readonly phasesMs: Phases;
}

/** What the network did when it always had tasks waiting. */
export interface SustainedFigures {
  readonly reportsPerSecond: Spread;
  /** A verdict is of one submission: reports times submissions. */
  readonly verdictsPerSecond: Spread;
  readonly reportsPerBatch: number;
  /** Processor milliseconds of each kind of process for one report, where the system tells. */
  readonly processorMsPerReport: Readonly<Record<string, number>> | undefined;
  /** Messages and bytes of each stream for one report. */
  readonly traffic: readonly Traffic[];
}

export interface ModeFigures {
  readonly mode: string;
  readonly latency: readonly LatencyFigures[];
  readonly sustained: SustainedFigures;
}

const operators = 4;
const window = 512;
const warmUpMs = 5_000;
const quietRate = 20;

const allModes: readonly Mode[] = [
  { name: 'well', silent: [], slowMs: {} },
  { name: 'one-silent', silent: [3], slowMs: {} },
  { name: 'one-slow', silent: [], slowMs: { 3: 500 } },
  // Of four, three must agree: with one silent the slow one is waited for, twice.
  { name: 'one-silent-one-slow', silent: [3], slowMs: { 2: 25 } },
];

/** Measures each mode in a network of its own; prints a table or one JSON object. */
export async function benchConsensus(options: BenchConsensus): Promise<number> {
  const progress = new Progress();
  const pace: BenchPace = {
    operators,
    aggregators: 2,
    batchWaitMs: 10,
    concurrency: 64,
    profileDir: options.profile,
  };
  const figures: ModeFigures[] = [];
  for (const mode of allModes.filter(({ name }) => options.modes?.includes(name) ?? true)) {
    options.signal.throwIfAborted();
    progress.say(`${mode.name}: starting`);
    const on = await startBenchNetwork(mode, pace);
    try {
      figures.push(await measureMode(on, mode, options, (step) => progress.say(`${mode.name}: ${step}`)));
    } finally {
      await on.stop();
    }
  }
  progress.end();
  print(JSON.stringify({ pace, figures }, undefined, options.json ? undefined : 2));
  return 0;
}

async function measureMode(
  on: BenchNetwork,
  mode: Mode,
  options: BenchConsensus,
  say: (step: string) => void,
): Promise<ModeFigures> {
  const ended = new AbortController();
  const load = new Load(on, AbortSignal.any([ended.signal, options.signal]));
  const task = (series: string) => (number: number) => benchTask(`${mode.name} ${series}`, number, options.submissions);
  try {
    say('warming up');
    await load.sustained(task('warm-up'), { window: 64, warmUpMs, ms: 1 });
    const latency = [await latencyAt(on, load, quietRate, options, task, say)];
    const sustained = await sustainedOf(on, load, options, task, say);
    return { mode: mode.name, latency, sustained };
  } finally {
    ended.abort();
  }
}

async function latencyAt(
  on: BenchNetwork,
  load: Load,
  rate: number,
  { runs, seconds }: BenchConsensus,
  task: (series: string) => (number: number) => ReturnType<typeof benchTask>,
  say: (step: string) => void,
): Promise<LatencyFigures> {
  const p50: number[] = [];
  const p99: number[] = [];
  const phases: Phases[] = [];
  for (let run = 0; run < runs; run++) {
    say(`latency at ${rate} tasks a second, run ${run + 1} of ${runs}`);
    const positions = await streamPositions(on.bus);
    const next = task(`at ${rate}, ${run}`);
    const timed = await load.timed(
      Array.from({ length: rate * seconds }, (_, number) => next(number)),
      rate,
    );
    p50.push(quantile(timed.latenciesMs, 0.5));
    p99.push(quantile(timed.latenciesMs, 0.99));
    const read = await readStreams(on.bus, on.network, positions);
    phases.push(...timed.taskIds.flatMap((taskId: Hex) => read.phases.get(taskId) ?? []));
  }
  const middle = (phase: keyof Phases) => quantile(phases.map((one) => one[phase]), 0.5);
  return {
    tasksPerSecond: rate,
    tasks: rate * seconds * runs,
    p50Ms: spreadOf(p50),
    p99Ms: spreadOf(p99),
    phasesMs: { observed: middle('observed'), proposed: middle('proposed'), cosigned: middle('cosigned') },
  };
}

async function sustainedOf(
  on: BenchNetwork,
  load: Load,
  { runs, seconds, submissions }: BenchConsensus,
  task: (series: string) => (number: number) => ReturnType<typeof benchTask>,
  say: (step: string) => void,
): Promise<SustainedFigures> {
  const done: Sustained[] = [];
  const positions = await streamPositions(on.bus);
  const before = processorMs(on.processes);
  for (let run = 0; run < runs; run++) {
    say(`${window} tasks under way, run ${run + 1} of ${runs}`);
    done.push(await load.sustained(task(`sustained ${run}`), { window, warmUpMs: 1_000, ms: seconds * 1_000 }));
  }
  const after = processorMs(on.processes);
  const { traffic } = await readStreams(on.bus, on.network, positions);
  const all = traffic.find(({ stream }) => stream === 'TASKS')?.messages ?? 0;
  const rates = done.map(({ tasks, seconds: measured }) => tasks / measured);
  const batches = done.reduce((sum, one) => sum + one.batches, 0);
  return {
    reportsPerSecond: spreadOf(rates),
    verdictsPerSecond: spreadOf(rates.map((rate) => rate * submissions)),
    reportsPerBatch: rounded(done.reduce((sum, one) => sum + one.tasks, 0) / Math.max(1, batches)),
    processorMsPerReport:
      before === undefined || after === undefined
        ? undefined
        : Object.fromEntries(
            Object.entries(after).map(([kind, ms]) => [kind, rounded((ms - (before[kind] ?? 0)) / all)]),
          ),
    traffic: traffic.map(({ stream, messages, bytes }) => ({
      stream,
      messages: rounded(messages / all),
      bytes: rounded(bytes / all),
    })),
  };
}

function spreadOf(values: readonly number[]): Spread {
  return {
    median: rounded(quantile(values, 0.5)),
    least: rounded(Math.min(...values)),
    most: rounded(Math.max(...values)),
  };
}
