/** `assay bench throughput`: prints the measurements of `throughput.ts`. */

import { policyNamed, readPolicies, shippedPoliciesFile } from '@assay/cli/network/policy-file';
import { Progress, paint, print, tableOf } from '@assay/cli/output/terminal';
import { readTaskFile } from '@assay/cli/tasks/task-file';
import type { Spread } from '../spread.ts';
import { measureThroughput, type ThroughputFigures } from './throughput.ts';

export interface BenchThroughput {
  readonly policy: string;
  readonly rounds: number;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** The bars of the project. */
const overheadMax = 0.15;
const warmGainMin = 20;
const semanticMsMax = 5;
const loopDelayMsMax = 100;
const megabytesMax = 1_000;

/** Resolves with 0 if every bar holds, otherwise with 1. Throws a UsageError for an unknown policy. */
export async function benchThroughput(file: string, options: BenchThroughput): Promise<number> {
  const policy = policyNamed(await readPolicies(shippedPoliciesFile), options.policy);
  const progress = new Progress();
  const figures = await measureThroughput({
    tasks: await readTaskFile(file),
    policy,
    rounds: options.rounds,
    signal: options.signal,
    onProgress: (step) => progress.say(step),
  });
  progress.end();
  const bars = barsOf(figures);
  if (options.json) print(JSON.stringify({ ...figures, bars }));
  else for (const line of linesOf(figures, bars)) print(line);
  return bars.every((bar) => bar.met) ? 0 : 1;
}

interface Bar {
  readonly what: string;
  readonly met: boolean;
}

function barsOf({ overhead, warmGain, semantic, long }: ThroughputFigures): Bar[] {
  return [
    { what: `cold cache within ${100 * overheadMax} % of the bare model`, met: overhead.median <= overheadMax },
    { what: `warm cache at least ${warmGainMin} times faster`, met: warmGain.median >= warmGainMin },
    { what: `semantic check at most ${semanticMsMax} ms for an answer`, met: semantic.alone.median <= semanticMsMax },
    {
      what: `loop never blocked for more than ${loopDelayMsMax} ms`,
      met: long.every((one) => one.longestLoopDelayMs <= loopDelayMsMax),
    },
    { what: 'memory under 1 GB', met: long.every((one) => one.peakMegabytes < megabytesMax) },
  ];
}

function linesOf(figures: ThroughputFigures, bars: readonly Bar[]): string[] {
  const { coldSeconds, warmSeconds, bareSeconds, overhead, warmGain, semantic, long } = figures;
  const seconds = ({ median, least, most }: Spread) => [
    `${median.toFixed(2)} s`,
    `${least.toFixed(2)} to ${most.toFixed(2)}`,
  ];
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const rows = [
    ['', 'embedding comparer, cold cache', ...seconds(coldSeconds)],
    ['', `bare model, ${figures.bareBatchSize} texts a batch`, ...seconds(bareSeconds)],
    ['', 'overhead, paired', percent(overhead.median), `${percent(overhead.least)} to ${percent(overhead.most)}`],
    ['', 'embedding comparer, warm cache', ...seconds(warmSeconds)],
    [
      '',
      'cold over warm, paired',
      `${warmGain.median.toFixed(1)} ×`,
      `${warmGain.least.toFixed(1)} to ${warmGain.most.toFixed(1)}`,
    ],
  ];
  return [
    paint('bold', `${figures.tasks} tasks, ${figures.pieces} pieces, ${figures.rounds} rounds, model ${figures.model}`),
    ...tableOf(rows, [2]),
    '',
    paint('bold', `Semantic check of one answer of ${semantic.words} words`),
    `  alone         median ${semantic.alone.median} ms, p99 ${semantic.alone.p99} ms`,
    `  one of seven  median ${semantic.ofSeven.median} ms, p99 ${semantic.ofSeven.p99} ms`,
    '',
    paint('bold', `${long[0]?.submissions} outputs of ${long[0]?.words.toLocaleString('en')} words each`),
    ...long.map(
      (one) =>
        `  ${one.role.padEnd(12)}  ${one.seconds.toFixed(1)} s, at most ${one.peakMegabytes} MB, loop blocked for at most ${one.longestLoopDelayMs} ms`,
    ),
    '',
    ...bars.map(({ what, met }) => `  ${met ? paint('green', 'met') : paint('red', 'not met')}  ${what}`),
  ];
}
