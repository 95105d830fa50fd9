/** The readable output of `assay calibrate`. */
import type { ErrorRate, ErrorRates } from '@assay/checks/calibration/error-rate';
import { curveShares, type UndecidedCurve } from '@assay/checks/calibration/fit-decision';
import type { OpenPolicy } from '@assay/protocol/policy/stated-checks';
import { counted, paint, tableOf } from '../output/terminal.ts';
import type { DatedData } from './calibration-record.ts';
import type { PolicyComparison } from './compare-policies.ts';
import type { FittedPolicy, MeasuredErrors } from './fit-policy.ts';

export interface CalibrationAccount {
  readonly fitted: FittedPolicy;
  readonly data: readonly DatedData[];
  readonly falseReject: number;
  readonly written: readonly OpenPolicy[];
  readonly out: string | undefined;
  /** With the policy that it would replace; undefined if that is for another model. */
  readonly comparison: PolicyComparison | undefined;
}

/** Lines of text. */
export function calibrationAccountOf(account: CalibrationAccount): string[] {
  const { fitted, data, falseReject, written, out, comparison } = account;
  const { borders, heads, inSample, expected } = fitted;
  const names = written.map((one) => `${one.name} (version ${one.version})`).join(', ');
  return [
    paint('bold', `Calibrated for the model ${written[0]?.modelDigest ?? ''}`),
    ...tableOf(data.map((one) => ['', one.name, counted(one.tasks.length, 'task'), purposeOf(one)])),
    '',
    `  agreement head      ${heads.agreement}${heads.agreement === 'kept' ? ': there are no judged answers in the data' : ''}`,
    `  contradiction head  ${heads.contradiction}${heads.contradiction === 'kept' ? ': there are no swapped facts in the data' : ''}`,
    `  contradictions      undecided from ${borders.conflictDoubtMin}, rejected from ${borders.conflictMin}`,
    '',
    ...tableOf([
      ['', 'file', '', 'in sample', 'to be expected'].map((cell) => paint('dim', cell)),
      ...errorRows('', inSample, expected),
      ...Object.entries(inSample.inData).flatMap(([name, own]) => errorRows(name, own, expected.inData[name] ?? own)),
      ...(inSample.agreementAuc === undefined
        ? []
        : [['', 'judged answers', 'AUC of agreement', aucText(inSample), aucText(expected)]]),
    ]),
    '',
    ...tableOf(
      [
        ['', 'label', 'count', 'wrong in sample', 'wrong expected'].map((cell) => paint('dim', cell)),
        ...Object.entries(inSample.labels).map(([label, { wrong, of }]) => [
          '',
          label,
          String(of),
          String(wrong),
          String(expected.labels[label]?.wrong ?? 0),
        ]),
      ],
      [2, 3, 4],
    ),
    ...curveTable(fitted.curves),
    ...shortfalls(inSample, falseReject),
    ...comparisonLines(comparison),
    '',
    out === undefined ? '  Nothing was written; --out <file> writes the policies.' : `  Written to ${out}: ${names}.`,
  ];
}

/** Share of the bad long answers that is accepted, by the share of honest ones beyond the border. */
function curveTable(curves: readonly UndecidedCurve[]): string[] {
  if (curves.length === 0) return [];
  const head = ['', 'decision', 'label', 'count', ...curveShares.map((share) => `${100 * share} %`)];
  const rows = curves.map(({ decision, label, of, accepted }) => [
    '',
    decision,
    label,
    String(of),
    ...accepted.map((count) => `${((100 * count) / of).toFixed(0)} %`),
  ]);
  const numbers = head.map((_, at) => at).slice(3);
  return [
    '',
    '  bad long answers accepted, by the share of honest ones that the border leaves undecided or rejects:',
    ...tableOf([head.map((cell) => paint('dim', cell)), ...rows], numbers),
  ];
}

type Errors = Pick<ErrorRates, 'falseAccept' | 'falseReject'>;

function errorRows(file: string, inSample: Errors, expected: Errors): string[][] {
  return [
    ['', file === '' ? 'all' : file, 'false accept', rateText(inSample.falseAccept), rateText(expected.falseAccept)],
    ['', '', 'false reject', rateText(inSample.falseReject), rateText(expected.falseReject)],
  ];
}

/** Both kinds of error before and after, and a warning where the new one is worse. */
export function comparisonLines(comparison: PolicyComparison | undefined): string[] {
  if (comparison === undefined)
    return ['', '  The policy that it would replace is for another model: it is not compared.'];
  const { policy, version, before, seen, falseAccept, falseReject } = comparison;
  const how =
    before === 'cross-validated'
      ? 'both cross-validated on these files and folds'
      : `on the same folds, the old one as it is${seen.length === 0 ? '' : `: it was fitted to ${seen.join(', ')}, where its errors are lower than elsewhere`}`;
  const text = ({ wrong, of }: { readonly wrong: number; readonly of: number }) =>
    `${((100 * wrong) / Math.max(1, of)).toFixed(2)} % (${wrong} of ${of})`;
  const rows = Object.entries({ 'false accept': falseAccept, 'false reject': falseReject }).map(([name, one]) => [
    '',
    name,
    text(one.before),
    text(one.after),
    one.isWorse ? paint('yellow', 'worse') : '',
  ]);
  return [
    '',
    `  Compared with ${policy} (version ${version}), ${how}:`,
    ...tableOf([['', '', 'before', 'after', ''].map((cell) => paint('dim', cell)), ...rows]),
    ...(falseAccept.isWorse || falseReject.isWorse
      ? [
          `  ${paint('yellow', 'warning')}: the new policy is worse. Look at the labels above before you replace ${policy}.`,
        ]
      : []),
  ];
}

/** Data files in which even the most lenient thresholds reject more honest submissions than wanted. */
function shortfalls({ inData }: MeasuredErrors, falseReject: number): string[] {
  const missed = Object.entries(inData).filter(
    ([, { falseReject: found }]) => found.wrong > Math.floor(falseReject * found.of + 1e-9),
  );
  return missed.map(
    ([
      name,
      {
        falseReject: { wrong, of },
      },
    ]) =>
      `  ${paint('yellow', 'not reached')}: of ${of} honest submissions in ${name} ${wrong} are rejected, by flags that no threshold moves.`,
  );
}

function purposeOf({ use }: DatedData): string {
  return use === 'judged' ? 'judged answers: agreement head' : 'attacks: contradiction head and thresholds';
}

function rateText({ wrong, of, share, interval }: ErrorRate): string {
  const percent = (value: number): string => (100 * value).toFixed(2);
  return `${percent(share)} % (${wrong} of ${of}; 95 %: ${percent(interval.low)} to ${percent(interval.high)})`;
}

function aucText({ agreementAuc }: MeasuredErrors): string {
  return (agreementAuc ?? 0).toFixed(3);
}
