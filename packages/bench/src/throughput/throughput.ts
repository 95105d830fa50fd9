/** Speed of the checks: the embedding comparer against its bare model, the semantic check, and very long outputs. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type BareModel, loadBareModel } from '@assay/adapters/model/embedder-bare';
import type { WorkThread } from '@assay/adapters/process/work-thread';
import { roleChecks } from '@assay/checks/roles/role-checks';
import { semanticCheck } from '@assay/checks/semantic/semantic-check';
import { modelPlace } from '@assay/cli/network/model-location';
import type { LabelledTask } from '@assay/cli/tasks/task-file';
import { type Role, serviceOf } from '@assay/protocol/observation/role';
import { type Policy, rolesOf } from '@assay/protocol/policy/policy';
import { outputText } from '@assay/protocol/task/task-content';
import { checkByThread } from '@assay/runtime/check/check-call';
import { type ComparerFacts, comparerCheck } from '@assay/runtime/check/comparer-check';
import { cutText } from '@assay/runtime/check/text-vectors';
import type { RoleCheck } from '@assay/runtime/validator/validator-context';
import { quantile, rounded, type Spread, spreadOf } from '../spread.ts';
import { type CheckInput, inputsOf, longInput } from './throughput-inputs.ts';
import { type BenchRedis, contentThread, startBenchRedis, vectorThread } from './throughput-parts.ts';

/** Options of the measurement. */
export interface ThroughputOptions {
  readonly tasks: readonly LabelledTask[];
  readonly policy: Policy;
  /** Rounds of the comparisons; each compared variant runs once in each round. */
  readonly rounds: number;
  readonly onProgress: (step: string) => void;
  readonly signal: AbortSignal;
}

/** All figures of one run. */
export interface ThroughputFigures {
  readonly model: string;
  readonly modelDigest: string;
  readonly tasks: number;
  readonly pieces: number;
  readonly rounds: number;
  /** Seconds for all tasks. */
  readonly coldSeconds: Spread;
  readonly warmSeconds: Spread;
  readonly bareSeconds: Spread;
  /** Batch size at which the bare model was fastest. */
  readonly bareBatchSize: number;
  /** Cold over bare minus one, and cold over warm, of the same round. */
  readonly overhead: Spread;
  readonly warmGain: Spread;
  /** Milliseconds for one answer of 2,000 words, alone and as one of seven. */
  readonly semantic: { readonly words: number; readonly alone: Percentiles; readonly ofSeven: Percentiles };
  readonly long: readonly LongFigures[];
}

interface Percentiles {
  readonly median: number;
  readonly p99: number;
}

/** One task of very long outputs through one role. */
export interface LongFigures {
  readonly role: Role;
  readonly submissions: number;
  readonly words: number;
  readonly seconds: number;
  readonly peakMegabytes: number;
  readonly longestLoopDelayMs: number;
}

/** Tasks that a comparer checks at once by default. */
const inFlight = 4;
const batchSizes = [1, 2, 4, 8, 16, 32, 64];
const semanticWords = 2_000;
const semanticRuns = 200;
const longSize = { submissions: 7, words: 20_000 };
const silent = { count: () => undefined };

/** Runs the bench with its own Redis and threads; leaves nothing behind. */
export async function measureThroughput(given: ThroughputOptions): Promise<ThroughputFigures> {
  const onProgress = (step: string) => {
    given.signal.throwIfAborted();
    given.onProgress(step);
  };
  const options = { ...given, onProgress };
  const { tasks } = options;
  onProgress('starting Redis and loading the model');
  const redis = await startBenchRedis();
  try {
    const facts = await withThread(vectorThread('embedding', [options.policy]), async (thread) => thread.facts);
    const policy = { ...options.policy, modelDigest: facts.modelDigest };
    // First, before the bare model or anything else of this bench uses memory.
    const long = await longOutputs(policy, tasks, redis, onProgress);
    options.signal.throwIfAborted();
    const semantic = {
      words: semanticWords,
      alone: semanticTimes(policy, tasks, 1, onProgress),
      ofSeven: semanticTimes(policy, tasks, 7, onProgress),
    };
    const embedding = await embeddingTimes({ ...options, policy }, redis);
    return {
      model: modelPlace().modelName,
      modelDigest: facts.modelDigest,
      tasks: tasks.length,
      ...embedding,
      semantic,
      long,
    };
  } finally {
    await redis.stop();
  }
}

async function withThread<Facts, T>(
  starting: Promise<WorkThread<Facts>>,
  use: (thread: WorkThread<Facts>) => Promise<T>,
): Promise<T> {
  const thread = await starting;
  try {
    return await use(thread);
  } finally {
    await thread.close();
  }
}

async function embeddingTimes({ policy, tasks, rounds, onProgress, signal }: ThroughputOptions, redis: BenchRedis) {
  const inputs = inputsOf(policy, tasks);
  const bare = await loadBareModel({ ...modelPlace(), threads: 1 });
  return withThread(vectorThread('embedding', [policy]), async (thread) => {
    const pieces = await piecesOf(thread, inputs);
    const bareBatchSize = await bestBatchSize(bare, pieces, onProgress);
    const all: { cold: number; warm: number; bare: number }[] = [];
    // The first round warms up both sides and does not count.
    for (let round = 0; round <= rounds; round += 1) {
      signal.throwIfAborted();
      onProgress(round === 0 ? 'warming up' : `round ${round} of ${rounds}: cold cache, warm cache, bare model`);
      const cache = await redis.emptyCache();
      const check = comparerCheck({ thread, cache, telemetry: silent });
      const cold = await secondsOf(() => checkAll(check, inputs));
      const warm = await secondsOf(() => checkAll(check, inputs));
      const alone = await secondsOf(() => bare.run(pieces, bareBatchSize));
      if (round > 0) all.push({ cold, warm, bare: alone });
    }
    await bare.close();
    const spread = (of: (one: (typeof all)[number]) => number) => spreadOf(all.map(of), 3);
    return {
      pieces: pieces.length,
      rounds,
      coldSeconds: spread((one) => one.cold),
      warmSeconds: spread((one) => one.warm),
      bareSeconds: spread((one) => one.bare),
      bareBatchSize,
      overhead: spread((one) => one.cold / one.bare - 1),
      warmGain: spread((one) => one.cold / one.warm),
    };
  });
}

/** The texts that the comparer computes: each task's chunks, each once. */
async function piecesOf(thread: WorkThread<ComparerFacts>, inputs: readonly CheckInput[]): Promise<string[]> {
  const pieces = new Set<string>();
  for (const { content } of inputs) {
    const texts = content.outputs.map((output) => outputText(output) ?? '');
    for (const [index, lengths] of (await thread.call<Uint32Array[]>('pieces', texts)).entries()) {
      for (const piece of cutText(texts[index] ?? '', lengths)) pieces.add(piece);
    }
  }
  return [...pieces];
}

async function bestBatchSize(bare: BareModel, pieces: readonly string[], onProgress: (step: string) => void) {
  const sample = pieces.slice(0, 256);
  await bare.run(sample, 8);
  const times: { size: number; seconds: number }[] = [];
  for (const size of batchSizes) {
    onProgress(`bare model at batches of ${size}`);
    const runs = [await secondsOf(() => bare.run(sample, size)), await secondsOf(() => bare.run(sample, size))];
    times.push({ size, seconds: Math.min(...runs) });
  }
  return times.reduce((best, one) => (one.seconds < best.seconds ? one : best)).size;
}

async function checkAll(check: RoleCheck, inputs: readonly CheckInput[]): Promise<void> {
  const waiting = inputs.values();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (const input of waiting) await check(input);
    }),
  );
}

/** Milliseconds of the semantic check for one answer. */
function semanticTimes(
  policy: Policy,
  tasks: readonly LabelledTask[],
  submissions: number,
  onProgress: (step: string) => void,
): Percentiles {
  onProgress(`semantic check of ${submissions} × ${semanticWords} words`);
  const runs = Math.ceil(semanticRuns / submissions);
  const times: number[] = [];
  for (let run = -Math.floor(runs / 4); run < runs; run += 1) {
    const input = longInput(policy, tasks, { submissions, words: semanticWords }, Math.abs(run) * 11);
    const startedMs = performance.now();
    semanticCheck(input);
    if (run >= 0) times.push((performance.now() - startedMs) / submissions);
  }
  return { median: rounded(quantile(times, 0.5)), p99: rounded(quantile(times, 0.99)) };
}

async function longOutputs(
  policy: Policy,
  tasks: readonly LabelledTask[],
  redis: BenchRedis,
  onProgress: (step: string) => void,
): Promise<LongFigures[]> {
  const input = longInput(policy, tasks, longSize);
  const cache = await redis.emptyCache();
  const needing = (needs: 'content' | 'vectors') => rolesOf(policy).filter((role) => roleChecks[role].needs === needs);
  const figures: LongFigures[] = [];
  for (const role of needing('content')) {
    onProgress(`seven outputs of 20,000 words: ${serviceOf(role)}`);
    const run = await withThread(contentThread(role, [policy]), (thread) => longRun(checkByThread(thread), input));
    figures.push({ role, ...longSize, ...run });
  }
  // After the others, because the process keeps memory of the model.
  for (const role of needing('vectors')) {
    onProgress(`seven outputs of 20,000 words: ${serviceOf(role)}`);
    const run = await withThread(vectorThread(role, [policy]), (thread) =>
      longRun(comparerCheck({ thread, cache, telemetry: silent }), input),
    );
    figures.push({ role, ...longSize, ...run });
  }
  return figures;
}

async function longRun(check: RoleCheck, input: CheckInput) {
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 50);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  try {
    const seconds = await secondsOf(() => check(input));
    return {
      seconds: rounded(seconds),
      peakMegabytes: Math.round(Math.max(peak, process.memoryUsage.rss()) / 1e6),
      longestLoopDelayMs: rounded(delay.max / 1e6),
    };
  } finally {
    delay.disable();
    clearInterval(look);
  }
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1_000;
}
