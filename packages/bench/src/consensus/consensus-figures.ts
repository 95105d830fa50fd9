/** The figures of the consensus bench, which it prints as JSON, and their bars. */
import type { BaselineRun } from '@assay/adapters/nats/jetstream-baseline';
import type { Spread } from '../spread.ts';
import type { BenchPace } from './bench-network.ts';
import type { Phases, Traffic } from './phases.ts';

/** Latencies at one rate of tasks a second, from before the task's publication to its certificate. */
export interface LatencyFigures {
  readonly tasksPerSecond: number;
  readonly tasks: number;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  /** Medians of the phases, by the server's times. */
  readonly phasesMs: Phases;
}

/** Throughput of the network while tasks were always waiting. */
export interface SustainedFigures {
  /** A report is of one task. */
  readonly reportsPerSecond: Spread;
  /** A verdict is of one submission: reports times submissions. */
  readonly verdictsPerSecond: Spread;
  readonly reportsPerBatch: number;
  /** CPU milliseconds of each kind of process for one report, if the system reports them. */
  readonly processorMsPerReport: Readonly<Record<string, number>> | undefined;
  /** Messages and bytes of each stream for one report. */
  readonly traffic: readonly Traffic[];
}

/** The figures of one mode. */
export interface ModeFigures {
  readonly mode: string;
  /** At a low rate, then at half of the sustained rate. */
  readonly latency: readonly LatencyFigures[];
  readonly sustained: SustainedFigures;
}

/** A figure, its bar, and whether it holds. */
export interface Bar {
  readonly name: string;
  readonly figure: number;
  readonly bar: number;
  readonly held: boolean;
}

/** All figures of one run of the bench. */
export interface ConsensusFigures {
  readonly pace: BenchPace;
  readonly submissions: number;
  readonly runs: number;
  readonly modes: readonly ModeFigures[];
  /** JetStream alone with the messages of the first mode; units are reports. */
  readonly baseline: BaselineRun | undefined;
  readonly bars: readonly Bar[];
}

const p50MsMax = 150;
const p99MsMax = 1_000;
const verdictsPerSecondMin = 500;

/** The bars of each mode: latency at the low rate, and sustained verdicts. */
export function barsOf(modes: readonly ModeFigures[]): Bar[] {
  return modes.flatMap(({ mode, latency: [quiet], sustained }) => {
    const p50 = quiet?.p50Ms.median ?? Number.POSITIVE_INFINITY;
    const p99 = quiet?.p99Ms.median ?? Number.POSITIVE_INFINITY;
    const verdicts = sustained.verdictsPerSecond.median;
    return [
      { name: `${mode}: p50 ms`, figure: p50, bar: p50MsMax, held: p50 <= p50MsMax },
      { name: `${mode}: p99 ms`, figure: p99, bar: p99MsMax, held: p99 <= p99MsMax },
      {
        name: `${mode}: verdicts a second`,
        figure: verdicts,
        bar: verdictsPerSecondMin,
        held: verdicts >= verdictsPerSecondMin,
      },
    ];
  });
}
