/** The figures of the consensus bench as lines for people. */
import { paint, tableOf } from '@assay/cli/output/terminal';
import type { Spread } from '../spread.ts';
import type { ConsensusFigures } from './consensus-figures.ts';

const spread = ({ median, least, most }: Spread) => `${median} (${least}–${most})`;
const head = (...cells: string[]) => cells.map((cell) => paint('dim', cell));

/** Latency and throughput of each mode, CPU time by process, bare JetStream, and the bars. */
export function consensusLinesOf({ pace, submissions, runs, modes, baseline, bars }: ConsensusFigures): string[] {
  const latency = modes.flatMap(({ mode, latency: rates }) =>
    rates.map(({ tasksPerSecond, p50Ms, p99Ms, phasesMs }) => [
      mode,
      String(tasksPerSecond),
      spread(p50Ms),
      spread(p99Ms),
      `${phasesMs.observed} + ${phasesMs.proposed} + ${phasesMs.cosigned}`,
    ]),
  );
  const sustained = modes.map(({ mode, sustained: of }) => [
    mode,
    spread(of.verdictsPerSecond),
    spread(of.reportsPerSecond),
    String(of.reportsPerBatch),
    Object.entries(of.processorMsPerReport ?? {})
      .map(([kind, ms]) => `${kind} ${ms}`)
      .join(', '),
  ]);
  return [
    `${pace.operators} operators, ${pace.aggregators} aggregators, ${submissions} submissions a task; median (least–most) of ${runs} runs`,
    '',
    ...tableOf(
      [head('weather', 'tasks/s', 'p50 ms', 'p99 ms', 'observed + proposed + cosigned'), ...latency],
      [1, 2, 3],
    ),
    '',
    ...tableOf(
      [head('weather', 'verdicts/s', 'reports/s', 'reports a batch', 'processor ms a report'), ...sustained],
      [1, 2, 3],
    ),
    '',
    ...(baseline === undefined
      ? []
      : [
          `bare JetStream, the same messages: ${Math.round(baseline.unitsPerSecond)} reports/s (${Math.round(baseline.publishedPerSecond)} messages in, ${Math.round(baseline.deliveredPerSecond)} out a second); one message through each stream in turn: p50 ${baseline.chainP50Ms.toFixed(1)} ms, p99 ${baseline.chainP99Ms.toFixed(1)} ms`,
          '',
        ]),
    ...tableOf(
      bars.map(({ name, figure, bar, held }) => [
        held ? paint('green', 'held') : paint('red', 'not held'),
        name,
        String(figure),
        `bar ${bar}`,
      ]),
      [2],
    ),
  ];
}
