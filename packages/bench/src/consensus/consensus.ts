/** `assay bench consensus`: from the published task to its certificate, over real NATS, with and without faults. */

import { UsageError } from '@assay/cli/commands/usage-error';
import { Progress, print } from '@assay/cli/output/terminal';
import type { TaskWithContents } from '@assay/protocol/task/build-task';
import { quantile, rounded, spreadOf } from '../spread.ts';
import { measureBareJetStream } from './bare-jetstream.ts';
import { type BenchNetwork, type BenchPace, type Mode, startBenchNetwork } from './bench-network.ts';
import { benchTask } from './bench-tasks.ts';
import { barsOf, type LatencyFigures, type ModeFigures, type SustainedFigures } from './consensus-figures.ts';
import { modes } from './consensus-modes.ts';
import { consensusLinesOf } from './consensus-table.ts';
import { Load, type Sustained } from './load.ts';
import { type Phases, readStreams, streamPositions } from './phases.ts';
import { processorMs } from './processor-time.ts';

/** What to measure, and for how long. */
export interface BenchConsensus {
  readonly json: boolean;
  readonly runs: number;
  readonly seconds: number;
  readonly submissions: number;
  /** Names of the modes; undefined: all. */
  readonly modes: readonly string[] | undefined;
  readonly batchWait: number;
  /** Folder for CPU profiles. */
  readonly profile: string | undefined;
  readonly signal: AbortSignal;
}

const operators = 4;
const aggregators = 2;
const concurrency = 64;
/** Tasks in progress in a closed loop: enough that nobody waits for work. */
const window = 256;
const warmUpMs = 5_000;
/**
 * A closed loop is counted after its first tasks are through. Content for this many tasks a second is stored
 * beforehand.
 */
const steadyMs = 6_000;
const storedPerSecond = 100;
const quietRate = 20;

/** Measures each mode in a new network. Resolves with 0 if every bar holds, otherwise with 1. */
export async function benchConsensus(options: BenchConsensus): Promise<number> {
  const chosen = modes.filter(({ name }) => options.modes?.includes(name) ?? true);
  if (chosen.length === 0)
    throw new UsageError(`There is no such mode; there are ${modes.map(({ name }) => name).join(', ')}.`);
  const progress = new Progress();
  const { batchWait: batchWaitMs, profile: profileDir, submissions, runs } = options;
  const pace: BenchPace = { operators, aggregators, batchWaitMs, concurrency, profileDir };
  const figures: ModeFigures[] = [];
  for (const mode of chosen) {
    options.signal.throwIfAborted();
    progress.say(`${mode.name}: starting`);
    const on = await startBenchNetwork(mode, pace);
    try {
      figures.push(await new ModeBench(on, mode, options, (step) => progress.say(`${mode.name}: ${step}`)).run());
    } finally {
      await on.stop();
    }
  }
  progress.say('bare JetStream');
  const [first] = figures;
  const baseline = first && (await measureBareJetStream(first.sustained.traffic, pace, submissions));
  progress.end();
  const result = { pace, submissions, runs, modes: figures, baseline, bars: barsOf(figures) };
  if (options.json) print(JSON.stringify(result));
  else for (const line of consensusLinesOf(result)) print(line);
  return result.bars.every(({ held }) => held) ? 0 : 1;
}

/** The measurements of one mode on one network. */
class ModeBench {
  private readonly on: BenchNetwork;
  private readonly mode: Mode;
  private readonly options: BenchConsensus;
  private readonly say: (step: string) => void;
  private readonly ended = new AbortController();
  private readonly load: Load;

  constructor(on: BenchNetwork, mode: Mode, options: BenchConsensus, say: (step: string) => void) {
    this.on = on;
    this.mode = mode;
    this.options = options;
    this.say = say;
    this.load = new Load(on, AbortSignal.any([this.ended.signal, options.signal]));
  }

  async run(): Promise<ModeFigures> {
    try {
      this.say('warming up');
      await this.load.sustained([], this.tasks('warm-up'), { window: 64, warmUpMs, ms: 1 });
      const quiet = await this.latencyAt(quietRate);
      const sustained = await this.sustained();
      const half = Math.max(1, Math.round(sustained.reportsPerSecond.median / 2));
      return { mode: this.mode.name, latency: [quiet, await this.latencyAt(half)], sustained };
    } finally {
      this.ended.abort();
    }
  }

  private tasks(series: string): (number: number) => TaskWithContents {
    return (number) => benchTask(`${this.mode.name} ${series}`, number, this.options.submissions);
  }

  private async latencyAt(rate: number): Promise<LatencyFigures> {
    const { runs, seconds } = this.options;
    const p50: number[] = [];
    const p99: number[] = [];
    const phases: Phases[] = [];
    for (let run = 0; run < runs; run++) {
      this.say(`latency at ${rate} tasks a second, run ${run + 1} of ${runs}`);
      const positions = await streamPositions(this.on.bus);
      const next = this.tasks(`latency ${rate}, ${run}`);
      const tasks = Array.from({ length: rate * seconds }, (_, number) => next(number));
      const timed = await this.load.timed(tasks, rate);
      p50.push(quantile(timed.latenciesMs, 0.5));
      p99.push(quantile(timed.latenciesMs, 0.99));
      const read = await readStreams(this.on.bus, this.on.network, positions);
      phases.push(...timed.taskIds.flatMap((taskId) => read.phases.get(taskId) ?? []));
    }
    const middle = (phase: keyof Phases) =>
      quantile(
        phases.map((one) => one[phase]),
        0.5,
      );
    return {
      tasksPerSecond: rate,
      tasks: rate * seconds * runs,
      p50Ms: spreadOf(p50),
      p99Ms: spreadOf(p99),
      phasesMs: { observed: middle('observed'), proposed: middle('proposed'), cosigned: middle('cosigned') },
    };
  }

  private async sustained(): Promise<SustainedFigures> {
    const { runs, seconds, submissions } = this.options;
    const done: Sustained[] = [];
    const positions = await streamPositions(this.on.bus);
    const spent: Record<string, number> = {};
    for (let run = 0; run < runs; run++) {
      this.say(`${window} tasks under way, run ${run + 1} of ${runs}`);
      const next = this.tasks(`sustained ${run}`);
      const ready = await this.load.prepared(next, storedPerSecond * (steadyMs / 1_000 + seconds));
      const before = processorMs(this.on.processes);
      done.push(await this.load.sustained(ready, next, { window, warmUpMs: steadyMs, ms: seconds * 1_000 }));
      for (const [kind, ms] of Object.entries(processorMs(this.on.processes) ?? {}))
        spent[kind] = (spent[kind] ?? 0) + ms - (before?.[kind] ?? 0);
    }
    const { traffic } = await readStreams(this.on.bus, this.on.network, positions);
    const tasks = traffic.find(({ stream }) => stream === 'TASKS')?.messages ?? 1;
    const rates = done.map((one) => one.tasks / one.seconds);
    const batches = done.reduce((sum, one) => sum + one.batches, 0);
    return {
      reportsPerSecond: spreadOf(rates),
      verdictsPerSecond: spreadOf(rates.map((rate) => rate * submissions)),
      reportsPerBatch: rounded(done.reduce((sum, one) => sum + one.tasks, 0) / Math.max(1, batches)),
      processorMsPerReport: Object.fromEntries(Object.entries(spent).map(([kind, ms]) => [kind, rounded(ms / tasks)])),
      traffic: traffic.map(({ stream, messages, bytes }) => ({
        stream,
        messages: Math.round((messages / tasks) * 10_000) / 10_000,
        bytes: Math.round(bytes / tasks),
      })),
    };
  }
}
