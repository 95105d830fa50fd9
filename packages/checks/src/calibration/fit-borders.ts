/**
 * From which scores on a policy accepts, fitted to measured submissions: the least score of the embedding role and of the
 * semantic role, and the evidence from which on a contradiction counts. All combinations of a few candidates are tried.
 */
import type { Measurement } from '@assay/protocol/observation/measurement';
import type { ByRole } from '@assay/protocol/observation/role';
import { type Policy, requiredRoles, type Vote, voteOf } from '@assay/protocol/policy/policy';
import { semanticMeasurement } from '../semantic/semantic-check.ts';
import type { SemanticEvidence } from '../semantic/semantic-evidence.ts';
import { semanticThresholds } from '../semantic/semantic-thresholds.ts';
import { honestLabel } from './calibration-data.ts';
import { verdictUnder, votesOf } from './evaluate-task.ts';

/** One labelled submission as it was measured under the policy that is calibrated. */
export interface CalibrationSample {
  /** The data that it is from: the wanted share of false rejects is kept in each. */
  readonly data: string;
  /** Its task: the submissions of one task are never divided between fitting and measuring. */
  readonly task: string;
  /** `honest`, or the kind of attack. */
  readonly label: string;
  readonly measurements: ByRole<Measurement>;
  /** Behind the semantic measurement; absent where there is no text. */
  readonly evidence?: SemanticEvidence | undefined;
}

/** Where a policy draws the line, basis points. */
export interface Borders {
  readonly embeddingMin: number;
  readonly semanticMin: number;
  readonly conflictMin: number;
}

export interface BordersInput {
  readonly samples: readonly CalibrationSample[];
  /** The one that the samples were measured under; it carries the heads. */
  readonly policy: Policy;
  /** Share (0…1) of the honest submissions of each data set that may be rejected. */
  readonly falseReject: number;
}

/** Border where there is nothing to choose: a score of 5,000 is where every check sees as much for as against. */
const scoreUsual = 5_000;
/** Above all evidence: no contradiction counts. */
const conflictNever = 10_001;
/** Borders that are tried for each of the three, at most. */
const candidatesMax = 24;

/**
 * The borders which reject at most `falseReject` of the honest submissions of each data set and accept the fewest attacks;
 * of several such, those that reject the fewest honest ones, then the most lenient. Where flags alone reject more than is
 * wanted, those that come closest. Throws a RangeError without an honest sample.
 */
export function fitBorders({ samples, policy, falseReject }: BordersInput): Borders {
  const honest = samples.filter((sample) => sample.label === honestLabel);
  if (honest.length === 0) throw new RangeError('There is no honest sample.');
  const allowed = new Map<string, number>();
  for (const { data } of honest) allowed.set(data, (allowed.get(data) ?? 0) + 1);
  for (const [data, count] of allowed) allowed.set(data, Math.floor(falseReject * count + 1e-9));
  const tries = Math.min(candidatesMax, 2 + [...allowed.values()].reduce((sum, count) => sum + count, 0));
  let best: { readonly borders: Borders; readonly cost: readonly number[] } | undefined;
  for (const conflictMin of conflictCandidates(samples, tries)) {
    const open = withBorders(policy, { embeddingMin: 0, semanticMin: 0, conflictMin });
    const lines = samples.map((sample) => lineOf(sample, policy, open));
    for (const embeddingMin of scoreCandidates(lines, (line) => line.embedding, tries)) {
      for (const semanticMin of scoreCandidates(lines, (line) => line.semantic, tries)) {
        const borders = { embeddingMin, semanticMin, conflictMin };
        const cost = costOf(lines, borders, allowed);
        if (best === undefined || isLess(cost, best.cost)) best = { borders, cost };
        // Candidates rise, and with them the honest ones that are rejected.
        if ((cost[0] ?? 0) > (best.cost[0] ?? 0)) break;
      }
    }
  }
  return best?.borders ?? { embeddingMin: scoreUsual, semanticMin: scoreUsual, conflictMin: conflictNever };
}

/** A policy with these borders. */
export function withBorders(policy: Policy, { embeddingMin, semanticMin, conflictMin }: Borders): Policy {
  const { roles: rules } = policy;
  const conflicts = {
    numberConflictMin: conflictMin,
    nameConflictMin: conflictMin,
    negationConflictMin: conflictMin,
  };
  return {
    ...policy,
    roles: {
      ...rules,
      embedding: { ...rules.embedding, acceptScoreMin: embeddingMin },
      semantic: {
        ...rules.semantic,
        acceptScoreMin: semanticMin,
        parameters: { ...rules.semantic.parameters, ...conflicts },
      },
    },
  };
}

/** The verdict on a sample, measured under `policy`, if `under` (the same but for its borders) is in force. */
export function verdictAt(sample: CalibrationSample, policy: Policy, under: Policy): Vote {
  const measurements = { ...sample.measurements, semantic: semanticAt(sample, policy, under) };
  return verdictUnder(under, votesOf(under, measurements));
}

function semanticAt({ measurements, evidence }: CalibrationSample, policy: Policy, under: Policy): Measurement {
  if (evidence === undefined) return measurements.semantic;
  const before = semanticMeasurement(evidence, semanticThresholds(policy));
  const after = semanticMeasurement(evidence, semanticThresholds(under));
  // Flags that do not come from the evidence (thin tasks, hidden characters) stay as they are.
  const others = (measurements.semantic.flags & ~before.flags) >>> 0;
  return { score: after.score, flags: (after.flags | others) >>> 0 };
}

/** A sample where only the two scores are left to decide. */
interface Line {
  readonly data: string;
  readonly isHonest: boolean;
  /** The verdict whatever the borders of the scores; undefined: the scores decide. */
  readonly fixed: 'reject' | 'abstain' | undefined;
  /** Infinite where the role's score cannot reject. */
  readonly embedding: number;
  readonly semantic: number;
}

function lineOf(sample: CalibrationSample, policy: Policy, open: Policy): Line {
  const measurements = { ...sample.measurements, semantic: semanticAt(sample, policy, open) };
  const votes = requiredRoles(open).flatMap((role) => {
    const measurement = measurements[role];
    return measurement === undefined ? [] : [{ role, vote: voteOf(role, open, measurement) }];
  });
  const given = new Map(votes.map(({ role, vote }) => [role, vote]));
  const scoreIn = (role: 'embedding' | 'semantic'): number =>
    given.get(role) === 'accept' ? measurements[role].score : Number.POSITIVE_INFINITY;
  const has = (vote: Vote): boolean => votes.some((one) => one.vote === vote);
  return {
    data: sample.data,
    isHonest: sample.label === honestLabel,
    fixed: has('reject') ? 'reject' : has('abstain') ? 'abstain' : undefined,
    embedding: scoreIn('embedding'),
    semantic: scoreIn('semantic'),
  };
}

/** What to avoid, worst first: honest rejects beyond the allowed, accepted attacks, honest rejects. */
function costOf(lines: readonly Line[], borders: Borders, allowed: ReadonlyMap<string, number>): number[] {
  const rejected = new Map<string, number>();
  let accepted = 0;
  for (const line of lines) {
    const fails =
      line.fixed === 'reject' || line.embedding < borders.embeddingMin || line.semantic < borders.semanticMin;
    if (line.isHonest) rejected.set(line.data, (rejected.get(line.data) ?? 0) + (fails ? 1 : 0));
    else if (!fails && line.fixed === undefined) accepted += 1;
  }
  let beyond = 0;
  let honest = 0;
  for (const [data, count] of rejected) {
    beyond += Math.max(0, count - (allowed.get(data) ?? 0));
    honest += count;
  }
  return [beyond, accepted, honest];
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}

/** Borders below the lowest honest scores, the most lenient first, each in the middle of its gap. */
function scoreCandidates(lines: readonly Line[], scoreOf: (line: Line) => number, most: number): number[] {
  const open = lines.filter((line) => line.fixed !== 'reject' && Number.isFinite(scoreOf(line)));
  const all = [...new Set(open.map(scoreOf))].sort((a, b) => a - b);
  const honest = new Set(open.filter((line) => line.isHonest).map(scoreOf));
  const borders = all.flatMap((score, at) => (honest.has(score) ? [borderBetween(all[at - 1] ?? -1, score)] : []));
  return borders.length === 0 ? [scoreUsual] : borders.slice(0, most);
}

/** A score above `low` and not above `high`: the usual one if it is there, else the middle. */
function borderBetween(low: number, high: number): number {
  return low < scoreUsual && scoreUsual <= high ? scoreUsual : Math.ceil((low + high) / 2);
}

/** Borders above the highest evidence of contradiction in honest submissions, the most lenient first. */
function conflictCandidates(samples: readonly CalibrationSample[], most: number): number[] {
  const conflictOf = ({ evidence }: CalibrationSample): number =>
    evidence === undefined ? 0 : Math.max(evidence.number, evidence.name, evidence.negation);
  const all = [...new Set(samples.map(conflictOf))].sort((a, b) => b - a);
  const honest = new Set(samples.filter((sample) => sample.label === honestLabel).map(conflictOf));
  const borders = all.flatMap((conflict, at) =>
    honest.has(conflict) ? [Math.floor((conflict + 1 + (all[at - 1] ?? conflictNever)) / 2)] : [],
  );
  return [conflictNever, ...borders.slice(0, most)];
}
