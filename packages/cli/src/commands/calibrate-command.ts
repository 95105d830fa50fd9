/**
 * `assay calibrate`: fits a policy to labelled tasks for the selected model and writes it with its cross-validated
 * errors.
 */
import { access, constants, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { forModel, forModelElsewhere } from '@assay/checks/calibration/calibrate';
import { honestLabel, knownAttackLabels, useOf } from '@assay/checks/calibration/calibration-data';
import { limits } from '@assay/protocol/limits';
import { withoutChecks } from '@assay/protocol/policy/stated-checks';
import { type DatedData, recalibrated, recordOf } from '../calibration/calibration-record.ts';
import { calibrationAccountOf } from '../calibration/calibration-summary.ts';
import { comparedWith } from '../calibration/compare-policies.ts';
import { EvaluationPool } from '../calibration/evaluation-pool.ts';
import { fitPolicy } from '../calibration/fit-policy.ts';
import { policiesText } from '../calibration/policy-text.ts';
import { modelPlace } from '../network/model-location.ts';
import { policyNamed, readPolicies, shippedPoliciesFile } from '../network/policy-file.ts';
import { Progress, print } from '../output/terminal.ts';
import { type DataFile, readDataFile } from '../tasks/data-file.ts';
import { tasksOf } from '../tasks/task-file.ts';
import { UsageError } from './usage-error.ts';

export interface CalibrateCommand {
  /** Share 0…1 of the honest submissions that may be rejected. */
  readonly falseReject: number;
  /** Share 0…1 of them that may be left undecided. */
  readonly undecided: number;
  /** The starting policy, and its file. */
  readonly policy: string;
  readonly policies?: string;
  /** Additional labels that name attacks. */
  readonly attacks: readonly string[];
  readonly out?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Number of folds for cross-validation. */
const folds = 3;
/** Minimum number of labelled submissions for a meaningful fit. */
const honestMin = 50;
const attacksMin = 20;

/**
 * Runs the command; resolves with the exit code 0. Throws {@link UsageError} for unusable data or an unusable policy.
 */
export async function calibrateCommand(files: readonly string[], options: CalibrateCommand): Promise<number> {
  if (options.out !== undefined) await requireFolderOf(options.out);
  const read = await readPolicies(options.policies ?? shippedPoliciesFile);
  const policies = modelPlace().endpointFile === undefined ? read : read.map(forModelElsewhere);
  const base = policyNamed(policies, options.policy);
  const data = await readData(files, options.attacks);
  const tasks = data.reduce((sum, one) => sum + one.tasks.length, 0);
  const progress = new Progress();
  progress.say('loading the model');
  const pool = await EvaluationPool.start({ ...modelPlace(), keepVectors: true, tasks, signal: options.signal });
  try {
    const { falseReject, undecided } = options;
    const fitted = await fitPolicy({
      pool,
      data,
      policy: forModel(base, pool.modelDigest),
      allowed: { falseReject, undecided },
      folds,
      onProgress: (step) => progress.say(step),
    });
    const record = recordOf(fitted, data, { falseReject, undecided, folds });
    const fittedPolicies = policies.map((one) => recalibrated(one, fitted, pool.modelDigest, record));
    // For the checks of whoever reads the file, so that the file outlives a release.
    const written = withoutChecks(fittedPolicies);
    if (options.out !== undefined) await writeFile(options.out, policiesText(written));
    progress.end();
    const comparison = comparedWith(base, pool.modelDigest, fitted, data, folds);
    const account = { fitted, data, falseReject, written, out: options.out, comparison };
    const inData = { inSample: fitted.inSample.inData, expected: fitted.expected.inData };
    if (options.json) print(JSON.stringify({ policies: written, inData, comparison }));
    else for (const line of calibrationAccountOf(account)) print(line);
    return 0;
  } finally {
    progress.end();
    await pool.close();
  }
}

/** Refuses an unwritable output path before minutes of work. */
async function requireFolderOf(file: string): Promise<void> {
  try {
    await access(dirname(file), constants.W_OK);
  } catch (cause) {
    throw new UsageError(`The folder of ${file} is missing, or cannot be written to.`, { cause });
  }
}

/** Reads the files and determines the purpose of each. Throws {@link UsageError}. */
async function readData(files: readonly string[], attacks: readonly string[]): Promise<DatedData[]> {
  if (files.length > limits.calibrationFilesMax)
    throw new UsageError(`There are ${files.length} files; ${limits.calibrationFilesMax} are the most.`);
  const data: DatedData[] = [];
  for (const file of files) data.push(dataOf(await readDataFile(file), attacks));
  const names = data.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new UsageError(`Two files are called ${twice}; the policy names its data by file name.`);
  const labels = data
    .filter(({ use }) => use === 'attacks')
    .flatMap(({ tasks }) => tasks.flatMap((task) => task.submissions.flatMap(({ label }) => label ?? [])));
  const honest = labels.filter((label) => label === honestLabel).length;
  if (honest < honestMin || labels.length - honest < attacksMin) {
    throw new UsageError(
      `There are ${honest} honest submissions and ${labels.length - honest} attacks; at least ${honestMin} and ${attacksMin} are needed to fit a policy.`,
    );
  }
  return data;
}

function dataOf(read: DataFile, attacks: readonly string[]): DatedData {
  const tasks = tasksOf(read);
  const { file, name, sha256 } = read;
  const labels = tasks.flatMap((task) => task.submissions.flatMap(({ label }) => label ?? []));
  const reading = useOf(labels, attacks);
  if (reading.ok) return { name, sha256, use: reading.use, tasks };
  if (reading.why === 'none')
    throw new UsageError(`${file} has no labels; give each submission "label": "honest" or the kind of attack.`);
  const place = tasks.findIndex((task) => task.submissions.some(({ label }) => label === reading.label));
  const where = read.lines[place]?.where ?? file;
  throw new UsageError(
    reading.why === 'mixed'
      ? `${where}: the label "${reading.label}" stands beside wrong_answer; put judged answers and attacks into files of their own.`
      : `${where}: the label "${reading.label}" is not known. Known are honest, wrong_answer, ${knownAttackLabels.join(', ')}; --attack ${reading.label} makes it one.`,
  );
}
