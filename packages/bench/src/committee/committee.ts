/** `assay bench committee`: how likely a drawn committee is captured, or stopped, by formula and by drawing. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { entryBeside } from '@assay/adapters/process/entry-file';
import { Progress, paint, print, tableOf } from '@assay/cli/output/terminal';
import type { DrawCounts, DrawRun } from './committee-draws.ts';
import { committeeBounds, tailOdds } from './committee-odds.ts';

export interface BenchCommittee {
  /** Draws of each row. */
  readonly draws: number;
  readonly seed: number;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** A row: a committee of `size` from `pool` operators of whom liars hold `share` of the stake. */
export interface CommitteeRow {
  readonly stakes: 'equal' | 'zipf';
  readonly size: number;
  readonly pool: number;
  readonly share: number;
  /** By formula; undefined where stakes differ. */
  readonly formula: { readonly captured: number; readonly stalled: number } | undefined;
  /** By drawing, as shares of the draws. */
  readonly drawn: { readonly captured: number; readonly stalled: number };
}

/** All rows of one run. */
export interface CommitteeFigures {
  readonly draws: number;
  readonly seed: number;
  readonly seconds: number;
  readonly rows: readonly CommitteeRow[];
  /** The largest distance between drawing and formula, in standard deviations of the drawing. */
  readonly farthestSigma: number;
}

type Case = Pick<CommitteeRow, 'stakes' | 'size' | 'pool' | 'share'>;

const shares = [0.1, 0.2, 0.25, 0.3] as const;
const shapes = [
  { stakes: 'equal', size: 7, pool: 100 },
  { stakes: 'equal', size: 21, pool: 100 },
  { stakes: 'equal', size: 64, pool: 100 },
  { stakes: 'equal', size: 21, pool: 1_000 },
  { stakes: 'equal', size: 64, pool: 1_000 },
  { stakes: 'equal', size: 128, pool: 1_000 },
  { stakes: 'zipf', size: 21, pool: 1_000 },
] as const;
const chunks = 4;
const sigmaMax = 5;
const entry = entryBeside(import.meta.url, 'committee-worker');

/** Draws, prints, and resolves with 0 when drawing and formula agree. */
export async function benchCommittee({ draws, seed, json, signal }: BenchCommittee): Promise<number> {
  const progress = new Progress();
  const cases = shapes.flatMap((shape) => shares.map((share): Case => ({ ...shape, share })));
  const startedMs = performance.now();
  const runs = cases.flatMap((one, index) =>
    Array.from({ length: chunks }, (_, chunk) => runOf(one, Math.ceil(draws / chunks), seed + index * chunks + chunk)),
  );
  const counts = await onAllCores(runs, signal, (done) => {
    if (done % chunks === 0) progress.say(`${done / chunks} of ${cases.length} rows drawn`);
  });
  progress.end();
  const rows = cases.map((one, index) => rowOf(one, runs, counts, index));
  const figures: CommitteeFigures = {
    draws: Math.ceil(draws / chunks) * chunks,
    seed,
    seconds: (performance.now() - startedMs) / 1000,
    rows,
    farthestSigma: Math.max(...rows.flatMap((row) => sigmasOf(row, draws))),
  };
  if (json) print(JSON.stringify(figures));
  else for (const line of linesOf(figures)) print(line);
  return figures.farthestSigma <= sigmaMax ? 0 : 1;
}

function runOf({ stakes, size, pool, share }: Case, draws: number, seed: number): DrawRun {
  if (stakes === 'equal') return { pool, size, draws, seed, liars: Math.round(share * pool) };
  return { pool, size, draws, seed, ...zipfOf(pool, share) };
}

/** Stakes that fall as 1, 1/2, 1/3 …; the liars are every so many, the largest not among them, until they hold their share. */
function zipfOf(pool: number, share: number): { readonly stakes: Uint32Array; readonly liars: number } {
  const all = Array.from({ length: pool }, (_, rank) => Math.round(1_000_000 / (rank + 1)));
  const wanted = share * all.reduce((sum, stake) => sum + stake, 0);
  const lying = new Set<number>();
  let held = 0;
  for (let offset = 1; held < wanted && offset < pool; offset++)
    for (let rank = offset; rank < pool && held < wanted; rank += 7) {
      if (lying.has(rank) || held + (all[rank] ?? 0) > wanted * 1.001) continue;
      lying.add(rank);
      held += all[rank] ?? 0;
    }
  const first = [...lying].map((rank) => all[rank] ?? 0);
  const rest = all.filter((_, rank) => !lying.has(rank));
  return { stakes: Uint32Array.from([...first, ...rest]), liars: lying.size };
}

function rowOf(one: Case, runs: readonly DrawRun[], counts: readonly DrawCounts[], index: number): CommitteeRow {
  const own = counts.slice(index * chunks, (index + 1) * chunks);
  const run = runs[index * chunks];
  const draws = chunks * (run?.draws ?? 1);
  const sum = (of: keyof DrawCounts) => own.reduce((total, count) => total + count[of], 0) / draws;
  const { capturedFrom, stalledFrom } = committeeBounds(one.size);
  const odds = (least: number) => tailOdds(one.pool, run?.liars ?? 0, one.size, least);
  const formula = one.stakes === 'equal' ? { captured: odds(capturedFrom), stalled: odds(stalledFrom) } : undefined;
  return { ...one, formula, drawn: { captured: sum('captured'), stalled: sum('stalled') } };
}

/** The distance between drawing and formula; an outcome counts only if the drawing saw it at least ten times. */
function sigmasOf({ formula, drawn }: CommitteeRow, draws: number): number[] {
  if (formula === undefined) return [];
  return (['captured', 'stalled'] as const).map((event) => {
    const expected = formula[event] * draws;
    const seen = drawn[event] * draws;
    if (expected < 10) return seen < 10 + 10 * expected ? 0 : Number.POSITIVE_INFINITY;
    return Math.abs(seen - expected) / Math.sqrt(expected * (1 - formula[event]));
  });
}

/**
 * Distributes runs over one thread for each core. Rejects if one fails or the signal aborts; no thread is left then.
 */
async function onAllCores(
  runs: readonly DrawRun[],
  signal: AbortSignal,
  onDone: (done: number) => void,
): Promise<DrawCounts[]> {
  const counts: DrawCounts[] = [];
  const waiting = runs.entries();
  let done = 0;
  const workers = Array.from({ length: Math.min(availableParallelism(), runs.length) }, () => new Worker(entry));
  const drain = (worker: Worker) =>
    new Promise<void>((resolve, reject) => {
      let current = -1;
      const next = () => {
        const { value } = waiting.next();
        if (value === undefined) return resolve();
        current = value[0];
        worker.postMessage(value[1]);
      };
      worker.once('error', reject);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      worker.on('message', (count: DrawCounts) => {
        counts[current] = count;
        onDone(++done);
        next();
      });
      next();
    });
  try {
    await Promise.all(workers.map(drain));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return counts;
}

function linesOf({ draws, seed, seconds, rows, farthestSigma }: CommitteeFigures): string[] {
  const head = ['stakes', 'seats', 'pool', 'liars', 'captured', 'drawn', 'stopped', 'drawn'];
  const odds = (value: number | undefined) =>
    value === undefined ? '' : value === 0 ? '0' : value >= 0.001 ? value.toFixed(5) : value.toExponential(1);
  return [
    ...tableOf(
      [
        head.map((cell) => paint('dim', cell)),
        ...rows.map(({ stakes, size, pool, share, formula, drawn }) => [
          stakes,
          String(size),
          String(pool),
          `${share * 100} %`,
          odds(formula?.captured),
          odds(drawn.captured),
          odds(formula?.stalled),
          odds(drawn.stalled),
        ]),
      ],
      [1, 2, 3, 4, 5, 6, 7],
    ),
    '',
    `captured: liars hold more than 2/3 of the committee; stopped: 1/3 or more. ${draws.toLocaleString('en-US')} draws a row, seed ${seed}, ${seconds.toFixed(1)} s`,
    `drawing and formula are ${farthestSigma.toFixed(1)} standard deviations apart at most (${sigmaMax} would be too far)`,
  ];
}
