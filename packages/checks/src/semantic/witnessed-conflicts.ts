/**
 * What the witnesses of a task say otherwise than one text: its contradictions among all of them, and among those that are
 * left without its allies.
 */
import type { LogisticModel } from '../calibration/logistic-fit.ts';
import type { AdditiveModel } from '../decision/additive-model.ts';
import type { AlignedFacts } from '../facts/aligned-facts.ts';
import type { Statement } from '../facts/contradiction.ts';
import { type HeadConflicts, othersComparedMin, weighConflicts } from '../facts/contradiction-head.ts';
import { factConflicts } from '../facts/fact-conflict.ts';
import type { Facts } from '../facts/stated-facts.ts';
import type { Statements } from '../facts/statements.ts';
import type { ReadAnswer, ValueConflict, valueComparison } from '../kinds/value-conflict.ts';
import { longConflictsOf } from './long-facts.ts';

/** Evidence that others say something else, basis points. */
export type ConflictEvidence = Readonly<
  Record<
    | 'number'
    | 'name'
    | 'negation'
    | 'statedNumber'
    | 'statedName'
    | 'statedNegation'
    | 'longNumber'
    | 'longName'
    | 'longNegation',
    number
  >
>;

/** What a text states, each computed when it is needed. */
export interface StatedReading {
  readonly facts: () => Facts;
  readonly statement: () => Statement;
  readonly statements: () => Statements;
  readonly answer: () => ReadAnswer;
}

/** What the comparison of a task's texts needs. */
export interface ComparedTask {
  readonly prompt: StatedReading;
  readonly values: ReturnType<typeof valueComparison>;
  readonly head: LogisticModel | undefined;
  readonly longFacts: AdditiveModel | undefined;
  /** How far its answers are short: see `short-answers.ts`. */
  readonly shortShare: number;
  /** See `open-prompt.ts`: then only numbers are held against an answer. */
  readonly isOpen: boolean;
}

/** The contradictions of one text, and the words that decided. */
export interface WitnessedConflicts {
  readonly evidence: ConflictEvidence;
  readonly decisive: readonly string[];
  readonly contradictionFeatures: readonly number[];
  readonly alignedFacts: AlignedFacts | undefined;
}

/** Compares one text with its witnesses, in any order. */
export function witnessedConflicts(
  task: ComparedTask,
  own: StatedReading,
  witnesses: readonly StatedReading[],
): WitnessedConflicts {
  const conflicts = shortConflicts(task, own, witnesses);
  const long = longConflictsOf(task.longFacts, {
    shortShare: task.shortShare,
    own: own.statements,
    prompt: task.prompt.statements,
    others: witnesses.map(({ statements }) => statements),
  });
  const stated = statedConflict(task, own, witnesses);
  return {
    evidence: {
      ...shortEvidence(task, conflicts),
      statedNumber: stated.number,
      statedName: stated.name,
      statedNegation: stated.negation,
      ...long.evidence,
    },
    decisive: [
      ...(stated.decisive === undefined ? [] : [stated.decisive]),
      ...(task.shortShare > 0 ? conflicts.decisive : []),
      ...long.decisive,
    ],
    contradictionFeatures: conflicts.features,
    alignedFacts: long.features,
  };
}

/** What short answers contradict in one of them: its strongest kind, and the words that decided, as "1986 against 1989". */
export function shortContradiction(
  task: ComparedTask,
  own: StatedReading,
  witnesses: readonly StatedReading[],
): { readonly evidence: Pick<ConflictEvidence, 'number' | 'name' | 'negation'>; readonly decisive: string } {
  const conflicts = shortConflicts(task, own, witnesses);
  return { evidence: shortEvidence(task, conflicts), decisive: conflicts.decisive[0] ?? '' };
}

function shortEvidence({ shortShare, isOpen }: ComparedTask, { number, name, negation }: HeadConflicts) {
  const isShort = (value: number): number => Math.round(value * shortShare);
  return { number: isShort(number), name: isOpen ? 0 : isShort(name), negation: isOpen ? 0 : isShort(negation) };
}

/** None with too few others. */
function shortConflicts(
  { head, prompt }: ComparedTask,
  own: StatedReading,
  others: readonly StatedReading[],
): HeadConflicts {
  if (others.length < othersComparedMin) return { number: 0, name: 0, negation: 0, decisive: [], features: [] };
  const plain = factConflicts(
    own.facts(),
    prompt.facts(),
    others.map((other) => other.facts()),
  );
  return weighConflicts(
    head,
    own.statement(),
    prompt.statement(),
    others.map((other) => other.statement()),
    plain,
  );
}

/** Another value than the others' under the same key. */
function statedConflict({ values }: ComparedTask, own: StatedReading, others: readonly StatedReading[]): ValueConflict {
  if (others.length < othersComparedMin) return { number: 0, name: 0, negation: 0, decisive: undefined };
  return values.compare(
    own.answer(),
    others.map((other) => other.answer()),
  );
}
