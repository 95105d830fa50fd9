/** The facts of a long answer against those of the others, sentence by sentence, as evidence of the semantic role. */
import { type AdditiveModel, rejectProbability, sharesOf } from '../decision/additive-model.ts';
import { type AlignedFacts, alignedFactNames, alignedFactsOf } from '../facts/aligned-facts.ts';
import { othersComparedMin } from '../facts/contradiction-head.ts';
import type { Statements } from '../facts/statements.ts';

/** The name of the model on facts of long answers among a policy's parameters. */
export const factsName = 'facts';

/** An answer's contradictions of what others state. */
export interface LongConflicts {
  /** The probability of a changed fact, basis points, as the kind that weighs most; 0 for the others. */
  readonly evidence: Readonly<Record<'longNumber' | 'longName' | 'longNegation', number>>;
  /** The two sentences. */
  readonly decisive: readonly string[];
  /** Absent in a task of short answers, and with too few others. */
  readonly features: AlignedFacts | undefined;
}

/** The texts that are compared, each read when it is needed. */
export interface Compared {
  /** How far the task's answers are short, 0 … 1: then they are compared as wholes. */
  readonly shortShare: number;
  readonly own: () => Statements;
  readonly prompt: () => Statements;
  readonly others: readonly (() => Statements)[];
}

const evidenceOf = { number: 'longNumber', name: 'longName', negation: 'longNegation' } as const;
const noEvidence = { longNumber: 0, longName: 0, longNegation: 0 };

/** Compares one answer with the others. */
export function longConflictsOf(
  model: AdditiveModel | undefined,
  { shortShare, own, prompt, others }: Compared,
): LongConflicts {
  if (shortShare === 1 || others.length < othersComparedMin)
    return { evidence: noEvidence, decisive: [], features: undefined };
  const { features, pairs } = alignedFactsOf(
    own(),
    prompt(),
    others.map((other) => other()),
  );
  const [strongest] = model === undefined ? [] : (sharesOf(model, features)[0] ?? []);
  const name = alignedFactNames.find((one) => one === strongest);
  if (model === undefined || name === undefined) return { evidence: noEvidence, decisive: [], features };
  const pair = pairs[name];
  const kind = pair === undefined ? 'longNegation' : evidenceOf[pair.kind];
  return {
    evidence: { ...noEvidence, [kind]: Math.round(rejectProbability(model, features) * (1 - shortShare)) },
    decisive: pair === undefined ? [] : [pair.other === '' ? pair.own : `${pair.own} | ${pair.other}`],
    features,
  };
}
