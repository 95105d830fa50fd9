/**
 * Scaling without a cluster: real replicas, real NATS, and the rule of the deployed ScaledObject. First a load wave
 * that the rule follows up and down; then the throughput of 1 to 8 fixed replicas.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { quantile } from '../spread.ts';
import { askedUpTo, rateAt, TaskLoad, type Wave } from './scale-load.ts';
import { drainMsMax, type ScaleNetwork } from './scale-network.ts';
import { Autoscaler, type ScaleRule } from './scale-rule.ts';
import type { StreamWatch } from './scale-watch.ts';

/** The network at one time of the wave; latencies are of tasks observed since the previous sample. */
export interface ScaleSample {
  readonly second: number;
  /** Tasks a second that the wave requires. */
  readonly asked: number;
  /** Waiting and unacknowledged messages, as reported by the consumer's leader. */
  readonly backlog: number;
  readonly wanted: number;
  readonly ready: number;
  /** Observations a second. */
  readonly done: number;
  /** Milliseconds from the task on the stream to its observation on the stream; undefined when none was done. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

/** The result of the wave. */
export interface WaveResult {
  readonly samples: readonly ScaleSample[];
  readonly tasks: number;
  readonly reports: number;
  readonly lost: number;
  readonly doubled: number;
  readonly replicasMost: number;
  /** Replicas at the end; equals the rule's minimum if it scaled back. */
  readonly replicasLast: number;
  /** Replicas that were stopped while tasks were waiting or in progress. */
  readonly stoppedAtWork: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Throughput of a fixed number of replicas. */
export interface ReplicaThroughput {
  readonly replicas: number;
  readonly tasks: number;
  readonly perSecond: number;
  /** Relative to `replicas` times the rate of one; 1 is linear. */
  readonly ofLinear: number;
}

const sampleMs = 1_000;
const settleMs = 200;

/** Runs the wave, then waits until the rule is back at its minimum. */
export async function runWave(
  { network, lag, replicas }: ScaleNetwork,
  watch: StreamWatch,
  { rule, wave, signal, onSample }: WaveOptions,
): Promise<WaveResult> {
  await replicas.become(rule.min);
  const scaler = new Autoscaler(rule, rule.min);
  const load = new TaskLoad(network.gateway, 'wave');
  const startedMs = Date.now();
  const secondsNow = () => (Date.now() - startedMs) / 1000;
  const ended = new AbortController();
  const handingIn = load.follow(wave, secondsNow, AbortSignal.any([ended.signal, signal]));
  handingIn.catch(() => {});
  const sampler = new Sampler(watch, wave);
  const waveSeconds = wave.seconds.reduce((sum, one) => sum + one, 0);
  const untilMs = startedMs + 1000 * (waveSeconds + rule.down.stabilizationSeconds * 3) + drainMsMax;
  let wanted = rule.min;
  let stoppedAtWork = 0;
  let syncAtMs = startedMs;
  try {
    for (let tick = 1; ; tick++) {
      await pause(Math.max(0, startedMs + tick * (sampleMs / 4) - Date.now()), undefined, { signal });
      const { pending, ackPending } = await lag.read();
      const backlog = pending + ackPending;
      if (Date.now() >= syncAtMs) {
        syncAtMs += 1000 * rule.syncSeconds;
        const next = scaler.next(Date.now(), backlog);
        if (next < wanted && ackPending > 0) stoppedAtWork += wanted - next;
        wanted = next;
        replicas.want(wanted);
      }
      const now = { second: secondsNow(), backlog, wanted, ready: replicas.ready };
      if (tick % 4 === 0) onSample(sampler.take(now));
      const over = secondsNow() > waveSeconds && wanted === rule.min && replicas.stopping === 0;
      if ((over && tick % 4 === 0) || Date.now() > untilMs) break;
    }
  } finally {
    ended.abort();
  }
  await handingIn;
  await replicas.settled();
  const lost = await awaitAll(watch, load, signal);
  return { ...sampler.result(), tasks: load.taskIds.length, lost, stoppedAtWork, replicasLast: replicas.ready };
}

/** The parameters of a wave. */
export interface WaveOptions {
  readonly rule: ScaleRule;
  readonly wave: Wave;
  readonly signal: AbortSignal;
  readonly onSample: (sample: ScaleSample) => void;
}

/** Lets 1, 2, 4 … replicas in turn process a backlog. */
export async function runSteps(
  { network, replicas }: ScaleNetwork,
  watch: StreamWatch,
  options: {
    readonly counts: readonly number[];
    readonly tasksPerReplica: number;
    readonly signal: AbortSignal;
    readonly onProgress: (step: string) => void;
  },
): Promise<{ readonly steps: readonly ReplicaThroughput[]; readonly lost: number }> {
  const steps: ReplicaThroughput[] = [];
  let lost = 0;
  for (const count of options.counts) {
    options.onProgress(`${count} ${count === 1 ? 'replica' : 'replicas'}`);
    await replicas.become(0);
    const load = new TaskLoad(network.gateway, `steps-${count}`);
    const tasks = count * options.tasksPerReplica;
    const from = watch.observed;
    await load.upTo(tasks);
    await load.settled();
    await replicas.become(count);
    lost += await awaitAll(watch, load, options.signal);
    const perSecond = rateOf(watch.observedFrom(from).map(({ observedMs }) => observedMs));
    const one = steps[0]?.perSecond ?? perSecond;
    steps.push({ replicas: count, tasks, perSecond, ofLinear: perSecond / (count * one) });
  }
  return { steps, lost };
}

/**
 * Rate a second between the first and the last tenth of the events, so that neither start nor end of the run counts.
 * Pure.
 */
export function rateOf(timesMs: readonly number[]): number {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const from = Math.floor(sorted.length * 0.1);
  const to = Math.ceil(sorted.length * 0.9) - 1;
  const spanMs = (sorted[to] ?? 0) - (sorted[from] ?? 0);
  return spanMs > 0 ? (1000 * (to - from)) / spanMs : 0;
}

/** Waits until every task has its observation and its report; resolves with the number of those without in time. */
async function awaitAll(watch: StreamWatch, load: TaskLoad, signal: AbortSignal): Promise<number> {
  const untilMs = Date.now() + drainMsMax;
  while (watch.lost(load.taskIds).length > 0 && Date.now() < untilMs) await pause(settleMs, undefined, { signal });
  return watch.lost(load.taskIds).length;
}

/** Divides the observations into samples. */
class Sampler {
  readonly #watch: StreamWatch;
  readonly #wave: Wave;
  readonly #first: number;
  readonly #doubledBefore: number;
  readonly #reportedBefore: number;
  readonly #samples: ScaleSample[] = [];
  #seen: number;
  #second = 0;

  constructor(watch: StreamWatch, wave: Wave) {
    this.#watch = watch;
    this.#wave = wave;
    this.#first = watch.observed;
    this.#seen = watch.observed;
    this.#doubledBefore = watch.doubled;
    this.#reportedBefore = watch.reported;
  }

  take(now: Pick<ScaleSample, 'second' | 'backlog' | 'wanted' | 'ready'>): ScaleSample {
    const fresh = this.#watch.observedFrom(this.#seen);
    const latencies = latenciesOf(fresh);
    const sample = {
      ...now,
      asked: rateAt(this.#wave, now.second),
      done: fresh.length / Math.max(0.001, now.second - this.#second),
      p50Ms: fresh.length === 0 ? undefined : quantile(latencies, 0.5),
      p99Ms: fresh.length === 0 ? undefined : quantile(latencies, 0.99),
    };
    this.#seen += fresh.length;
    this.#second = now.second;
    this.#samples.push(sample);
    return sample;
  }

  result(): Pick<WaveResult, 'samples' | 'reports' | 'doubled' | 'replicasMost' | 'p50Ms' | 'p99Ms'> {
    const latencies = latenciesOf(this.#watch.observedFrom(this.#first));
    return {
      samples: this.#samples,
      reports: this.#watch.reported - this.#reportedBefore,
      doubled: this.#watch.doubled - this.#doubledBefore,
      replicasMost: Math.max(...this.#samples.map(({ ready }) => ready)),
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
    };
  }
}

function latenciesOf(tasks: ReturnType<StreamWatch['observedFrom']>): number[] {
  return tasks.map(({ handedInMs, observedMs }) => observedMs - handedInMs);
}

/** Number of tasks of a whole wave. Pure. */
export function tasksOf(wave: Wave): number {
  return Math.floor(
    askedUpTo(
      wave,
      wave.seconds.reduce((sum, one) => sum + one, 0),
    ),
  );
}
