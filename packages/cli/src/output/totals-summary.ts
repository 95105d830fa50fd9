/** The readable totals of a run, with the confusion matrix if there are labels. */
import { honestLabel } from '@assay/checks/calibration/calibration-data';
import { counted, paint, tableOf } from './terminal.ts';
import type { Totals, VerdictCounts } from './totals.ts';

/** Lines for people; `certifies` is false where nothing could be certified. */
export function totalsAccountOf(
  totals: Totals,
  matrix: ReadonlyMap<string, VerdictCounts>,
  certifies = true,
): string[] {
  const seconds = (totals.elapsedMs / 1000).toFixed(1);
  return [
    paint('bold', 'Totals'),
    `  ${counted(totals.tasks, 'task')} with ${counted(totals.submissions, 'submission')} in ${seconds} s: ${totals.accepted} accepted, ${totals.rejected} rejected, ${totals.abstained} abstained`,
    ...(totals.judgedBefore === 0
      ? []
      : [
          `  ${totals.judgedBefore} of the tasks ${totals.judgedBefore === 1 ? 'was' : 'were'} judged by an earlier run`,
        ]),
    certifies
      ? `  ${totals.certified} certified in ${counted(totals.batches, 'batch', 'batches')}, ${totals.provenOnChain} proven on chain`
      : `  ${paint('yellow', 'nothing is certified')}: one process judged alone`,
    ...sealedLines(totals),
    ...matrixLines(matrix),
  ];
}

function sealedLines({ sealed, strangerRefused }: Totals): string[] {
  if (sealed === 0) return [];
  const asked =
    strangerRefused === null
      ? ''
      : `; a validator outside the committee asked for the keys of each: refused ${strangerRefused} of ${sealed} times`;
  return [`  ${sealed} sealed under session keys${asked}`];
}

function matrixLines(matrix: ReadonlyMap<string, VerdictCounts>): string[] {
  if (matrix.size === 0) return [];
  const head = ['', 'label', 'submissions', 'accept', 'reject', 'abstain'].map((cell) => paint('dim', cell));
  const rows = [...matrix].map(([label, counts]) => {
    const sum = counts.accept + counts.reject + counts.abstain;
    const wrong = label === honestLabel ? counts.reject : counts.accept;
    const mark = (verdict: 'accept' | 'reject') => {
      const isWrong = verdict === (label === honestLabel ? 'reject' : 'accept');
      return isWrong && wrong > 0 ? paint('red', String(counts[verdict])) : String(counts[verdict]);
    };
    return ['', label, String(sum), mark('accept'), mark('reject'), String(counts.abstain)];
  });
  return ['', ...tableOf([head, ...rows], [2, 3, 4, 5])];
}
