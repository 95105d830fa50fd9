/** A small logistic model: fitted here, stored in a policy as integers, with equal results on every machine. */

/** One example: features in a fixed order, and whether it is positive. */
export interface LogisticSample {
  readonly features: readonly number[];
  readonly positive: boolean;
}

/** Coefficients in micro-units (1 is 1,000,000): integers, as in policies. */
export interface LogisticModel {
  readonly intercept: number;
  readonly weights: readonly number[];
}

/** Options of a fit. */
export interface LogisticOptions {
  /** Ridge penalty of each weight, in examples of unit variance (≥ 0). */
  readonly ridge?: number;
  /** Maximum number of Newton steps. */
  readonly stepsMax?: number;
}

/** Units of one. */
const microUnit = 1_000_000;
const ridgeDefault = 4;
const stepsDefault = 40;
const coefficientMax = 1_000 * microUnit;

/**
 * Fits a ridge logistic regression by Newton's method. Both classes have the same total weight. Features are
 * standardised for the fit; the result applies to unscaled features. Deterministic. Throws a RangeError if there are no
 * examples of one class, or if their lengths differ.
 */
export function fitLogistic(samples: readonly LogisticSample[], options: LogisticOptions = {}): LogisticModel {
  const width = samples[0]?.features.length ?? 0;
  const positives = samples.filter((sample) => sample.positive).length;
  if (positives === 0 || positives === samples.length) throw new RangeError('There must be examples of both kinds.');
  if (samples.some((sample) => sample.features.length !== width || !sample.features.every(Number.isFinite)))
    throw new RangeError('All examples must have the same number of finite features.');
  const { means, deviations } = scaleOf(samples, width);
  const rows = samples.map(({ features }) => [
    1,
    ...features.map((value, at) => (value - (means[at] ?? 0)) / (deviations[at] ?? 1)),
  ]);
  const shares = samples.map(({ positive }) =>
    positive ? samples.length / (2 * positives) : samples.length / (2 * (samples.length - positives)),
  );
  const solved = newton(
    rows,
    samples.map(({ positive }) => (positive ? 1 : 0)),
    shares,
    options,
  );
  const weights = means.map((_, at) => (solved[at + 1] ?? 0) / (deviations[at] ?? 1));
  const intercept = (solved[0] ?? 0) - weights.reduce((sum, weight, at) => sum + weight * (means[at] ?? 0), 0);
  return { intercept: toMicro(intercept), weights: weights.map(toMicro) };
}

/** Probability (0…1) of the positive class. Missing features count as 0. */
export function logisticOf(model: LogisticModel, features: readonly number[]): number {
  let sum = model.intercept;
  for (const [at, weight] of model.weights.entries()) sum += weight * (features[at] ?? 0);
  return sigmoid(sum / microUnit);
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-Math.max(-40, Math.min(40, value))));
}

function toMicro(value: number): number {
  return Math.round(Math.max(-coefficientMax, Math.min(coefficientMax, value * microUnit))) + 0;
}

function scaleOf(samples: readonly LogisticSample[], width: number): { means: number[]; deviations: number[] } {
  const means = Array.from({ length: width }, () => 0);
  const squares = Array.from({ length: width }, () => 0);
  for (const { features } of samples)
    for (const [at, value] of features.entries()) means[at] = (means[at] ?? 0) + value / samples.length;
  for (const { features } of samples)
    for (const [at, value] of features.entries()) squares[at] = (squares[at] ?? 0) + (value - (means[at] ?? 0)) ** 2;
  const deviations = squares.map((sum) => Math.sqrt(sum / samples.length)).map((value) => (value > 1e-9 ? value : 1));
  return { means, deviations };
}

function newton(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  shares: readonly number[],
  { ridge = ridgeDefault, stepsMax = stepsDefault }: LogisticOptions,
): number[] {
  const width = rows[0]?.length ?? 0;
  let solution = Array.from({ length: width }, () => 0);
  for (let step = 0; step < stepsMax; step++) {
    const gradient = solution.map((value, at) => (at === 0 ? 0 : -ridge * value));
    const curvature = solution.map((_, a) => solution.map((__, b) => (a === b ? (a === 0 ? 1e-9 : ridge) : 0)));
    rows.forEach((row, index) => {
      const chance = sigmoid(row.reduce((sum, value, at) => sum + value * (solution[at] ?? 0), 0));
      const share = shares[index] ?? 1;
      const bend = share * chance * (1 - chance);
      row.forEach((value, a) => {
        gradient[a] = (gradient[a] ?? 0) + share * ((targets[index] ?? 0) - chance) * value;
        const line = curvature[a] ?? [];
        for (let b = 0; b < width; b++) line[b] = (line[b] ?? 0) + bend * value * (row[b] ?? 0);
      });
    });
    const change = solveLinear(curvature, gradient);
    solution = solution.map((value, at) => value + (change[at] ?? 0));
    if (Math.max(...change.map(Math.abs)) < 1e-9) break;
  }
  return solution;
}

/** Solves a linear system by elimination with pivots; a column without a pivot gets 0. */
function solveLinear(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index] ?? 0]);
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    const rest = rows.slice(column);
    const best = rest.reduce(
      (top, row, at) => (Math.abs(row[column] ?? 0) > Math.abs(rest[top]?.[column] ?? 0) ? at : top),
      0,
    );
    const pivotRow = rows[column + best] ?? [];
    rows[column + best] = rows[column] ?? [];
    rows[column] = pivotRow;
    const pivot = pivotRow[column] ?? 0;
    if (Math.abs(pivot) < 1e-12) continue;
    for (let other = 0; other < size; other++) {
      const row = rows[other] ?? [];
      const factor = other === column ? 0 : (row[column] ?? 0) / pivot;
      if (factor !== 0) for (let at = column; at <= size; at++) row[at] = (row[at] ?? 0) - factor * (pivotRow[at] ?? 0);
    }
  }
  return rows.map((row, index) => (Math.abs(row[index] ?? 0) < 1e-12 ? 0 : (row[size] ?? 0) / (row[index] ?? 1)));
}
