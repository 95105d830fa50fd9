/**
 * Fits a policy to labelled tasks: first heads, then thresholds, then the cross-validated errors. The model runs once
 * over each text; later passes use the vectors.
 */
import type { LabelledAnswerGroup } from '@assay/checks/agreement/agreement-head';
import type { DecisionSample } from '@assay/checks/calibration/additive-fit';
import {
  type Allowed,
  budgetOf,
  type FittedParameters,
  fitHeads,
  withParameters,
} from '@assay/checks/calibration/calibrate';
import {
  type DataUse,
  honestLabel,
  isChangedFact,
  isForeignText,
  isIncomplete,
  isSwappedFact,
} from '@assay/checks/calibration/calibration-data';
import { type ErrorRates, errorRatesOf } from '@assay/checks/calibration/error-rate';
import type { EvaluatedSubmission } from '@assay/checks/calibration/evaluate-task';
import {
  type Borders,
  type CalibrationSample,
  fitBorders,
  verdictAt,
  withBorders,
} from '@assay/checks/calibration/fit-borders';
import { type UndecidedCurve, undecidedCurves } from '@assay/checks/calibration/fit-decision';
import type { LogisticSample } from '@assay/checks/calibration/logistic-fit';
import { aucOf } from '@assay/checks/calibration/roc';
import type { Features } from '@assay/checks/decision/additive-model';
import type { Policy } from '@assay/protocol/policy/policy';
import type { LabelledTask } from '../tasks/task-file.ts';
import type { EvaluatedAnswer } from './evaluate-worker.ts';
import type { EvaluationPool } from './evaluation-pool.ts';

/** One data file, read. */
export interface CalibrationData {
  readonly name: string;
  readonly use: DataUse;
  readonly tasks: readonly LabelledTask[];
}

export interface FitOptions {
  readonly pool: Pick<EvaluationPool, 'evaluate'>;
  readonly data: readonly CalibrationData[];
  /** Fitted values replace this policy's own; its model digest is the pool's. */
  readonly policy: Policy;
  readonly allowed: Allowed;
  /** Number of folds for cross-validation. */
  readonly folds: number;
  readonly onProgress?: (step: string) => void;
}

/** Errors on the attack data, and how well the agreement score separates right from wrong on the judged data. */
export interface MeasuredErrors extends ErrorRates {
  /** 0…1; undefined without judged data. */
  readonly agreementAuc: number | undefined;
  /** By data file with attacks. */
  readonly inData: Readonly<Record<string, Pick<ErrorRates, 'falseAccept' | 'falseReject'>>>;
}

export interface FittedPolicy {
  readonly parameters: FittedParameters;
  readonly borders: Borders;
  readonly heads: Readonly<Record<'agreement' | 'contradiction', 'fitted' | 'kept'>>;
  readonly inSample: MeasuredErrors;
  /** The same submissions judged by the starting policy as it is. */
  readonly starting: MeasuredErrors;
  /** Each fold judged by a fit to the others. */
  readonly expected: MeasuredErrors;
  /** What more or fewer undecided long answers would do. */
  readonly curves: readonly UndecidedCurve[];
}

/** A task with the results of its first run. */
interface Studied {
  readonly data: CalibrationData;
  readonly task: LabelledTask;
  readonly fold: number;
  readonly group: LabelledAnswerGroup | undefined;
  readonly contradictions: readonly LogisticSample[];
  readonly decisions: readonly DecisionSample[];
  readonly cuts: readonly DecisionSample[];
  readonly facts: readonly DecisionSample[];
  /** Measured by the starting policy. */
  readonly samples: readonly CalibrationSample[];
}

/** A policy's results on some tasks. */
interface Outcome {
  readonly judged: readonly {
    readonly data: string;
    readonly label: string;
    readonly verdict: 'accept' | 'reject' | 'abstain';
  }[];
  readonly agreement: readonly { readonly score: number; readonly isRight: boolean }[];
}

/** Fits a policy. Deterministic: the same data in the same order give the same policy. */
export async function fitPolicy(options: FitOptions): Promise<FittedPolicy> {
  const { folds, onProgress = () => undefined } = options;
  const studied = await study(options);
  const whole = await fitOn(options, studied, studied, 'fitting to all tasks');
  const parts: Outcome[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const rest = studied.filter((one) => one.fold !== fold);
    const part = studied.filter((one) => one.fold === fold);
    const step = `fold ${fold + 1} of ${folds}`;
    onProgress(step);
    parts.push((await fitOn(options, rest, part, step)).outcome);
  }
  const { outcome, ...fitted } = whole;
  return {
    ...fitted,
    inSample: errorsOf([outcome]),
    starting: errorsOf([outcomeOf(rowsOf(studied), options.policy, options.policy)]),
    expected: errorsOf(parts),
    curves: undecidedCurves({
      decisions: studied.flatMap(({ decisions }) => decisions),
      cuts: studied.flatMap(({ cuts }) => cuts),
      facts: studied.flatMap(({ facts }) => facts),
    }),
  };
}

/** Runs the model over every text and extracts the examples for the heads. */
async function study({ pool, data, policy, folds, onProgress = () => undefined }: FitOptions): Promise<Studied[]> {
  const tasks = data.flatMap((one) => one.tasks.map((task) => ({ data: one, task })));
  const answers = await pool.evaluate(
    tasks.map((one) => ({
      task: one.task,
      policy,
      ...(one.data.use === 'judged' ? { right: one.task.submissions.map(({ label }) => label === honestLabel) } : {}),
    })),
    (done) => {
      if (done % 50 === 0 || done === tasks.length) onProgress(`${done} of ${tasks.length} tasks embedded`);
    },
  );
  const foldOf = foldsOf(data, folds);
  return tasks.map((one, index) => {
    const answer = answers[index];
    return {
      ...one,
      fold: foldOf.get(one.task) ?? 0,
      group: answer?.answers === undefined ? undefined : groupOf(answer.answers),
      contradictions: contradictionsOf(one.task, answer),
      decisions: samplesFrom(one, answer, ({ agreement }) => agreement.features, isForeignText),
      cuts: samplesFrom(one, answer, ({ agreement }) => agreement.features, isIncomplete),
      facts: samplesFrom(one, answer, ({ semantic }) => semantic.alignedFacts, isChangedFact),
      samples: samplesOf(one, answer),
    };
  });
}

/**
 * Tasks of each file are assigned in turn by name, so every fold has tasks of each file and the lines' order does not
 * matter.
 */
function foldsOf(data: readonly CalibrationData[], folds: number): Map<LabelledTask, number> {
  return new Map(
    data.flatMap(({ tasks }) =>
      [...tasks]
        .sort((a, b) => (a.task < b.task ? -1 : 1))
        .map((task, index): [LabelledTask, number] => [task, index % folds]),
    ),
  );
}

function groupOf({ cosines, ...group }: NonNullable<EvaluatedAnswer['answers']>): LabelledAnswerGroup {
  return { ...group, cosineOf: (a, b) => cosines[a]?.[b] ?? 0 };
}

function contradictionsOf(task: LabelledTask, answer: EvaluatedAnswer | undefined): LogisticSample[] {
  return task.submissions.flatMap(({ label }, at) => {
    const features = answer?.submissions[at]?.semantic.contradictionFeatures ?? [];
    if (label === undefined || features.length === 0) return [];
    return label === honestLabel || isSwappedFact(label) ? [{ features, positive: isSwappedFact(label) }] : [];
  });
}

/** The honest submissions of a task and the bad ones of some labels as examples for an additive model. */
function samplesFrom(
  { data, task }: Pick<Studied, 'data' | 'task'>,
  answer: EvaluatedAnswer | undefined,
  featuresOf: (submission: EvaluatedSubmission) => Features | undefined,
  isBadLabel: (label: string) => boolean,
): DecisionSample[] {
  return task.submissions.flatMap(({ label }, at) => {
    const submission = answer?.submissions[at];
    const features = submission === undefined ? undefined : featuresOf(submission);
    if (label === undefined || features === undefined) return [];
    const isBad = isBadLabel(label);
    return isBad || label === honestLabel ? [{ features, isBad, label, group: `${data.name} ${task.task}` }] : [];
  });
}

/** Fits to some tasks and measures on others. */
async function fitOn(
  { pool, policy, allowed, onProgress = () => undefined }: FitOptions,
  fitted: readonly Studied[],
  measured: readonly Studied[],
  step: string,
): Promise<Pick<FittedPolicy, 'parameters' | 'borders' | 'heads'> & { readonly outcome: Outcome }> {
  const parameters = fitHeads(
    {
      answers: fitted.flatMap((one) => one.group ?? []),
      contradictions: fitted.flatMap((one) => one.contradictions),
      decisions: fitted.flatMap((one) => one.decisions),
      cuts: fitted.flatMap((one) => one.cuts),
      facts: fitted.flatMap((one) => one.facts),
    },
    allowed,
  );
  const headed = withParameters(policy, parameters);
  const isMeasured = new Set(measured);
  const needed = [...new Set([...fitted, ...measured])];
  const answers = await pool.evaluate(
    needed.map(({ task }) => ({ task, policy: headed })),
    (done) => {
      if (done === needed.length) onProgress(`${step}: ${done} tasks judged`);
    },
  );
  const rows = needed.map((one, index) => ({ one, samples: samplesOf(one, answers[index]) }));
  const isFitted = new Set(fitted);
  const samples = rows.filter(({ one }) => isFitted.has(one)).flatMap((row) => row.samples);
  const borders = fitBorders(samples, budgetOf(allowed, 'contradictions'));
  const outcome = outcomeOf(
    rows.filter(({ one }) => isMeasured.has(one)),
    headed,
    withBorders(headed, borders),
  );
  return {
    parameters,
    borders,
    heads: {
      agreement: Object.keys(parameters.embedding).length > 0 ? 'fitted' : 'kept',
      contradiction: Object.keys(parameters.semantic).length > 0 ? 'fitted' : 'kept',
    },
    outcome,
  };
}

const rowsOf = (studied: readonly Studied[]) => studied.map((one) => ({ one, samples: one.samples }));

function samplesOf(
  { data, task }: Pick<Studied, 'data' | 'task'>,
  answer: EvaluatedAnswer | undefined,
): CalibrationSample[] {
  return task.submissions.flatMap(({ label }, at) => {
    const submission = answer?.submissions[at];
    if (label === undefined || submission === undefined) return [];
    const { measurements, semantic } = submission;
    return [{ data: data.name, task: task.task, label, measurements, evidence: semantic.evidence }];
  });
}

function outcomeOf(
  rows: readonly { readonly one: Studied; readonly samples: readonly CalibrationSample[] }[],
  headed: Policy,
  bordered: Policy,
): Outcome {
  const answered = rows.filter(({ one }) => one.data.use === 'judged').flatMap((row) => row.samples);
  return {
    judged: rows
      .flatMap((row) => row.samples)
      .map((sample) => ({
        data: sample.data,
        label: sample.label,
        verdict: verdictAt(sample, headed, bordered),
      })),
    agreement: answered.map(({ label, measurements }) => ({
      score: measurements.embedding.score,
      isRight: label === honestLabel,
    })),
  };
}

function errorsOf(outcomes: readonly Outcome[]): MeasuredErrors {
  const judged = outcomes.flatMap((outcome) => outcome.judged);
  const agreement = outcomes.flatMap((outcome) => outcome.agreement);
  const names = [...new Set(judged.map(({ data }) => data))];
  return {
    ...errorRatesOf(judged),
    agreementAuc:
      agreement.length === 0
        ? undefined
        : aucOf(
            agreement.map(({ score }) => score),
            agreement.map(({ isRight }) => isRight),
          ),
    inData: Object.fromEntries(names.map((name) => [name, errorRatesOf(judged.filter(({ data }) => data === name))])),
  };
}
