/**
 * From which evidence on a contradiction leaves an answer undecided, and from which on it rejects: conformal borders over measured
 * honest submissions. The borders of the embedding role are fitted with its model (`fit-decision.ts`).
 */
import type { Measurement } from '@assay/protocol/observation/measurement';
import type { ByRole } from '@assay/protocol/observation/role';
import type { Policy, Vote } from '@assay/protocol/policy/policy';
import { acceptScore, undecidedScore } from '../decision/score-band.ts';
import { semanticMeasurement } from '../semantic/semantic-check.ts';
import type { SemanticEvidence } from '../semantic/semantic-evidence.ts';
import { semanticThresholds } from '../semantic/semantic-thresholds.ts';
import { conformalBorder } from './additive-fit.ts';
import { honestLabel } from './calibration-data.ts';
import { verdictUnder, votesOf } from './evaluate-task.ts';
import type { Budget } from './fit-decision.ts';

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

/** Where a policy draws the line for contradictions, basis points of evidence; 10,001: nowhere. */
export interface Borders {
  readonly conflictDoubtMin: number;
  readonly conflictMin: number;
}

/** Honest submissions of one data set below which a border from them would only be a guess. */
const honestMin = 40;

/**
 * The borders that keep a budget in each data set with enough honest submissions: the most lenient of them. Throws a RangeError
 * without an honest sample.
 */
export function fitBorders(samples: readonly CalibrationSample[], budget: Budget): Borders {
  const honest = samples.filter((sample) => sample.label === honestLabel);
  if (honest.length === 0) throw new RangeError('There is no honest sample.');
  const sets = [...new Set(honest.map(({ data }) => data))].map((data) =>
    honest.filter((sample) => sample.data === data).map(conflictOf),
  );
  const large = sets.filter((conflicts) => conflicts.length >= honestMin);
  const border = (share: number): number =>
    Math.max(...(large.length > 0 ? large : [sets.flat()]).map((conflicts) => conformalBorder(conflicts, share)));
  // A set that is too small for a share has no border for it; the largest then speaks for all.
  const conflictMin = Math.min(border(budget.reject), conformalBorder(sets.flat(), budget.reject));
  return { conflictMin, conflictDoubtMin: Math.min(conflictMin, border(budget.doubt)) };
}

function conflictOf({ evidence }: CalibrationSample): number {
  return evidence === undefined ? 0 : Math.max(evidence.number, evidence.name, evidence.negation);
}

/** A policy with these borders. */
export function withBorders(policy: Policy, { conflictMin, conflictDoubtMin }: Borders): Policy {
  const { embedding, semantic } = policy.roles;
  const scores = { acceptScoreMin: acceptScore, abstainScoreMin: undecidedScore };
  const conflicts = {
    conflictDoubtMin,
    numberConflictMin: conflictMin,
    nameConflictMin: conflictMin,
    negationConflictMin: conflictMin,
  };
  return {
    ...policy,
    roles: {
      ...policy.roles,
      embedding: { ...embedding, ...scores },
      semantic: { ...semantic, ...scores, parameters: { ...semantic.parameters, ...conflicts } },
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
