/**
 * `assay bench scale`: the deployed scaling rule drives real replicas through a load wave; then 1 to 8 fixed replicas.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Progress, paint, print, tableOf } from '@assay/cli/output/terminal';
import { type ReplicaThroughput, runSteps, runWave, type ScaleSample, tasksOf, type WaveResult } from './scale.ts';
import type { Wave } from './scale-load.ts';
import { startScaleNetwork } from './scale-network.ts';
import { scalePlot } from './scale-plot.ts';
import { hastened, readScaleRule, type ScaleRule } from './scale-rule.ts';
import { StreamWatch } from './scale-watch.ts';

/** Options of the command. */
export interface BenchScale {
  /** Tasks a second at the top of the wave. */
  readonly peak: number;
  /** Duration of one check, milliseconds. */
  readonly checkMs: number;
  /** Factor by which the rule's time runs faster than deployed. */
  readonly timeScale: number;
  readonly maxReplicas: number;
  readonly plot?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** All figures of one run. */
export interface ScaleFigures {
  readonly rule: ScaleRule;
  readonly checkMs: number;
  readonly timeScale: number;
  readonly wave: WaveResult;
  readonly steps: readonly ReplicaThroughput[];
  readonly held: boolean;
}

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const manifest = 'deploy/kubernetes/components/keda/checksum-verifier.yaml';
/** A replica handles one task at a time, so its rate is that of its check. */
const concurrency = 1;
const linearBar = 0.8;
/** The approximate time for each replica's share of a backlog. */
const stepSeconds = 6;

/**
 * Runs both parts. Resolves with 0 if nothing was lost or doubled and the growth is at least 0.8 of linear, otherwise
 * with 1.
 */
export async function benchScale(options: BenchScale): Promise<number> {
  const progress = new Progress();
  const deployed = readScaleRule(await readFile(join(root, manifest), 'utf8'));
  const rule = hastened({ ...deployed, max: Math.min(deployed.max, options.maxReplicas) }, options.timeScale);
  const wave: Wave = {
    calmPerSecond: Math.max(1, options.peak / 10),
    peakPerSecond: options.peak,
    seconds: [5, 10, 25, 5],
  };
  if (!options.json) for (const line of headOf(options, deployed, wave)) print(line);
  const scale = await startScaleNetwork({
    checkMs: options.checkMs,
    concurrency,
    signal: options.signal,
    onProgress: (step) => progress.say(step),
  });
  const watch = new StreamWatch(scale.bus);
  let figures: ScaleFigures;
  try {
    progress.end();
    const onSample = (sample: ScaleSample) => options.json || print(rowOf(sample));
    const waved = await runWave(scale, watch, { rule, wave, signal: options.signal, onSample });
    const { steps, lost } = await runSteps(scale, watch, {
      counts: [1, 2, 4, 8],
      tasksPerReplica: Math.ceil((1000 * stepSeconds * concurrency) / Math.max(1, options.checkMs)),
      signal: options.signal,
      onProgress: (step) => progress.say(step),
    });
    const result = { ...waved, lost: waved.lost + lost, doubled: watch.doubled };
    const isBack = result.replicasLast === rule.min && result.replicasMost > rule.min;
    const held = result.lost === 0 && result.doubled === 0 && isBack && (steps.at(-1)?.ofLinear ?? 0) >= linearBar;
    figures = { rule: deployed, checkMs: options.checkMs, timeScale: options.timeScale, wave: result, steps, held };
  } finally {
    progress.end();
    await watch.close();
    await scale.stop();
  }
  if (options.plot !== undefined) await writeFile(options.plot, scalePlot(figures.wave.samples, titleOf(options)));
  if (options.json) print(JSON.stringify(figures));
  else for (const line of tailOf(figures)) print(line);
  return figures.held ? 0 : 1;
}

function titleOf({ checkMs, timeScale }: BenchScale): string {
  return `A load wave under the deployed rule (check ${checkMs} ms, rule ${timeScale} times as fast)`;
}

function headOf({ checkMs, timeScale, maxReplicas }: BenchScale, rule: ScaleRule, wave: Wave): string[] {
  const { policy } = rule.down;
  return [
    paint('bold', `Rule of ${manifest}`),
    `  ${rule.lagThreshold} messages of ${rule.stream} a replica, from ${rule.min} to ${rule.max} replicas (here at most ${Math.min(rule.max, maxReplicas)});`,
    `  down after ${rule.down.stabilizationSeconds} s, by ${policy.value} ${policy.type.toLowerCase()} in ${policy.periodSeconds} s. Its seconds pass ${timeScale} times as fast here.`,
    `  Each replica is a process whose check waits ${checkMs} ms and takes one task at a time. ${tasksOf(wave)} tasks in the wave.`,
    '',
    paint('bold', ' second  asked/s  backlog  wanted  ready  done/s  p50 ms  p99 ms'),
  ];
}

function rowOf(sample: ScaleSample): string {
  const cell = (value: number | undefined, width: number, digits = 0) =>
    (value === undefined ? '–' : value.toFixed(digits)).padStart(width);
  const { second, asked, backlog, wanted, ready, done, p50Ms, p99Ms } = sample;
  return `${cell(second, 7)}${cell(asked, 9)}${cell(backlog, 9)}${cell(wanted, 8)}${cell(ready, 7)}${cell(done, 8)}${cell(p50Ms, 8)}${cell(p99Ms, 8)}`;
}

function tailOf({ wave, steps, held }: ScaleFigures): string[] {
  const table = tableOf(
    [
      ['replicas', 'tasks', 'tasks/s', 'of linear'],
      ...steps.map((one) => [
        String(one.replicas),
        String(one.tasks),
        one.perSecond.toFixed(1),
        one.ofLinear.toFixed(2),
      ]),
    ],
    [0, 1, 2, 3],
  );
  return [
    '',
    paint('bold', 'The wave'),
    `  ${wave.tasks} tasks, ${wave.reports} certified; lost ${wave.lost}, doubled ${wave.doubled}`,
    `  replicas up to ${wave.replicasMost} and back to ${wave.replicasLast}; ${wave.stoppedAtWork} were stopped while tasks were under way`,
    `  from the task to its observation: p50 ${wave.p50Ms.toFixed(0)} ms, p99 ${wave.p99Ms.toFixed(0)} ms`,
    '',
    paint('bold', 'Fixed replicas'),
    ...table.map((line) => `  ${line}`),
    '',
    held
      ? paint('green', `Held: nothing lost or doubled, back at the minimum, at least ${linearBar} of linear.`)
      : paint('red', `Not held: nothing lost or doubled, back at the minimum, at least ${linearBar} of linear.`),
  ];
}
