/** The readable output of `assay bench quality`. */
import { honestLabel } from '@assay/checks/calibration/calibration-data';
import { counted, paint, tableOf } from '@assay/cli/output/terminal';
import { roles } from '@assay/protocol/observation/role';
import { type Rate, rateText } from '../wilson-interval.ts';
import type { Curve, LabelFigures, QualityFigures, TaskTime } from './quality-figures.ts';
import type { SafetyFigures } from './safety-figures.ts';

/** The lines on tasks. */
export function qualityAccountOf(figures: QualityFigures, elapsedMs: number): string[] {
  const head = ['', 'label', 'count', 'detected', 'accept', 'reject', 'abstain', ...roles.map((role) => `by ${role}`)];
  const { agreement, curves } = figures;
  const areas = roles.flatMap((role) => {
    const curve = curves[role];
    return curve === undefined ? [] : [`${role} ${curve.auc.toFixed(3)}`];
  });
  const ms = ({ p50, p95 }: TaskTime): string => `${p50.toFixed(1)} ms (95 of 100 within ${p95.toFixed(1)} ms)`;
  return [
    paint('bold', `${counted(figures.tasks, 'task')}, ${counted(figures.submissions, 'labelled submission')}`),
    ...tableOf([head.map((cell) => paint('dim', cell)), ...figures.labels.map(labelRow)], [2, 3, 4, 5, 6, 7, 8, 9]),
    '',
    `  false accept  ${rateText(figures.falseAccept)}`,
    `  false reject  ${rateText(figures.falseReject)}`,
    ...(agreement === undefined
      ? []
      : [
          `  agreement     ${areaText(agreement)}: ${agreement.right} right answers against ${agreement.wrong} wrong ones`,
        ]),
    `  AUC           ${areas.join(', ')}, all ${areaText(curves.all)}`,
    `  model         ${ms(figures.modelMs)} a task, ${figures.modelMsPerText.toFixed(1)} ms a text, in each thread`,
    `  checks        ${ms(figures.checksMs)} a task`,
    `  whole run     ${(elapsedMs / 1000).toFixed(1)} s`,
  ];
}

/** The lines on texts. */
export function safetyAccountOf(figures: SafetyFigures, elapsedMs: number): string[] {
  const rows: readonly (readonly [string, Rate])[] = [
    ['benign queries flagged', figures.benignQueriesFlagged],
    ['benign answers flagged', figures.benignAnswersFlagged],
    ['jailbreak templates found in benign answers', figures.jailbreaksFound],
    ['embedded instructions found in benign answers', figures.instructionsFound],
    ['jailbreak templates flagged as prompts', figures.jailbreakPromptsFlagged],
  ];
  return [
    paint('bold', 'Texts, each judged alone; attacks at the beginning, in the middle and at the end of an answer'),
    ...tableOf(rows.map(([what, rate]) => ['', what, rateText(rate)])),
    `  whole run ${(elapsedMs / 1000).toFixed(1)} s`,
  ];
}

function labelRow(one: LabelFigures): string[] {
  const share = one.count === 0 ? 0 : (100 * one.rejected) / one.count;
  const detected = one.label === honestLabel ? '' : `${share.toFixed(1)} %`;
  const counts = [one.accepted, one.rejected, one.abstained, ...roles.map((role) => one.rejectedBy[role])];
  return ['', one.label, String(one.count), detected, ...counts.map(String)];
}

function areaText({ auc, aucLow, aucHigh }: Omit<Curve, 'points'>): string {
  return `${auc.toFixed(3)} (95 % interval ${aucLow.toFixed(3)} to ${aucHigh.toFixed(3)})`;
}
