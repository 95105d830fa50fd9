/** `assay bench quality --ablate`: what each group of evidence is worth, and what it costs honest answers. Pure. */
import { honestLabel } from '@assay/checks/calibration/calibration-data';
import { paint, tableOf } from '@assay/cli/output/terminal';
import type { LabelledTask } from '@assay/cli/tasks/task-file';
import type { Vote } from '@assay/protocol/policy/policy';
import { type Rate, rateOf } from '../wilson-interval.ts';

/** The verdicts of a file's submissions, by task and submission. */
export type Verdicts = readonly (readonly Vote[])[];

/** The verdicts without one group. */
export interface SilencedVerdicts {
  readonly name: string;
  readonly role: string;
  readonly verdicts: Verdicts;
}

/** What one group is worth, with all others in force and nothing fitted anew. */
export interface GroupWorth {
  readonly name: string;
  readonly role: string;
  /** Bad answers that are accepted without the group and not with it, by label. */
  readonly caughtAlone: Readonly<Record<string, number>>;
  readonly badAccepted: Rate;
  readonly honestRejected: Rate;
  readonly honestUndecided: Rate;
  /** Honest answers that are accepted without the group and not with it. */
  readonly honestHeldBack: number;
}

/** The worth of each group; the first entry, `nothing`, is all evidence in force. */
export function ablationOf(
  tasks: readonly LabelledTask[],
  all: Verdicts,
  silenced: readonly SilencedVerdicts[],
): GroupWorth[] {
  return [{ name: 'nothing', role: '', verdicts: all }, ...silenced].map((one) => worthOf(tasks, all, one));
}

function worthOf(
  tasks: readonly LabelledTask[],
  all: Verdicts,
  { name, role, verdicts }: SilencedVerdicts,
): GroupWorth {
  const rows = tasks.flatMap(({ submissions }, task) =>
    submissions.flatMap(({ label }, at) => {
      const [before, after] = [all[task]?.[at], verdicts[task]?.[at]];
      return label === undefined || before === undefined || after === undefined ? [] : [{ label, before, after }];
    }),
  );
  const honest = rows.filter(({ label }) => label === honestLabel);
  const bad = rows.filter(({ label }) => label !== honestLabel);
  const caughtAlone: Record<string, number> = {};
  for (const { label, before, after } of bad)
    if (before !== 'accept' && after === 'accept') caughtAlone[label] = (caughtAlone[label] ?? 0) + 1;
  const share = (of: typeof rows, verdict: Vote): Rate =>
    rateOf(of.filter(({ after }) => after === verdict).length, of.length);
  return {
    name,
    role,
    caughtAlone,
    badAccepted: share(bad, 'accept'),
    honestRejected: share(honest, 'reject'),
    honestUndecided: share(honest, 'abstain'),
    honestHeldBack: honest.filter(({ before, after }) => before !== 'accept' && after === 'accept').length,
  };
}

/** Labels that a line shows. */
const labelsShown = 3;

/** The lines on it. */
export function ablationLines(worths: readonly GroupWorth[]): string[] {
  const head = [
    '',
    'without',
    'role',
    'bad accepted',
    'caught by it alone',
    'honest rejected',
    'undecided',
    'held back by it',
  ];
  const rows = worths.map((one, at) => [
    '',
    one.name,
    one.role,
    percent(one.badAccepted),
    at === 0 ? '' : caughtText(one.caughtAlone),
    percent(one.honestRejected),
    percent(one.honestUndecided),
    at === 0 ? '' : String(one.honestHeldBack),
  ]);
  return [
    '',
    paint('bold', 'What each group of evidence is worth: all others in force, nothing fitted anew'),
    ...tableOf([head.map((cell) => paint('dim', cell)), ...rows], [3, 5, 6, 7]),
  ];
}

function percent({ share }: Rate): string {
  return `${(100 * share).toFixed(1)} %`;
}

function caughtText(caught: Readonly<Record<string, number>>): string {
  const labels = Object.entries(caught).sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  if (labels.length === 0) return '0';
  const total = labels.reduce((sum, [, count]) => sum + count, 0);
  const shown = labels.slice(0, labelsShown).map(([label, count]) => `${label} ${count}`);
  return `${total}: ${shown.join(', ')}${labels.length > labelsShown ? ', …' : ''}`;
}
