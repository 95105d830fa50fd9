/**
 * Which words decided: the passages of a submission without which the semantic role would score it higher. Found by
 * leaving out one after the other, so it holds for every kind of evidence, and anyone with the content finds the same.
 */
import { type FlagName, flagNames } from '@assay/protocol/observation/flag';
import type { Measurement } from '@assay/protocol/observation/measurement';
import type { Grounds } from '@assay/protocol/report/grounds';
import { opposedTo, quoted, textAt } from '../segments/opposed-passage.ts';
import { segmentsOf } from '../segments/segment-text.ts';
import { profileOf } from '../text/text-profile.ts';
import { asWritten } from '../text/written-words.ts';
import { flagEvidenceOf, type SemanticCheckInput, semanticFindings } from './semantic-check.ts';
import { semanticThresholds } from './semantic-thresholds.ts';

/** Passages that are left out at most; those of a longer text have several sentences. */
const triedMax = 24;
/** Passages that are named at most. */
const namedMax = 3;
/** A passage that changes the score by less than half of this did not decide, basis points. */
const gainMin = 1_000;

/** Flags of evidence that is a difference from what others say. */
export const conflictFlags: ReadonlySet<string> = new Set<FlagName<'semantic'>>([
  'number-conflict',
  'name-conflict',
  'negation-conflict',
]);

type Passage = Grounds['passages'][number];

/** The grounds of the semantic role on one submission; undefined for one without content. Deterministic. */
export function semanticGrounds(input: SemanticCheckInput, index: number): Grounds | undefined {
  const text = textAt(input, index);
  const [whole] = text === undefined ? [] : semanticFindings(input, index);
  if (text === undefined || whole === undefined) return undefined;
  const passages = decidingPassages(text, whole.measurement, (without) => measuredAs(input, index, without));
  const evidence = flagEvidenceOf(whole, semanticThresholds(input.policy));
  // Every text differs from the others somewhere: that is a ground only where no other kind of evidence decided.
  const isConflict = evidence.every(({ flag }) => conflictFlags.has(flag));
  const against = isConflict ? writtenBy(input, text, whole.decisive) : [];
  const opposed = against.length === 0 ? undefined : opposedTo(input, index, passages[0]?.text ?? text);
  return {
    role: 'semantic',
    score: whole.measurement.score,
    evidence,
    against,
    passages,
    ...(opposed === undefined ? {} : { opposed }),
  };
}

/** The decisive words as this text, or another answer, writes them; each phrase once. */
export function writtenBy(input: SemanticCheckInput, text: string, decisive: readonly string[]): string[] {
  if (decisive.length === 0) return [];
  const others = input.content.outputs.map((_, index) => textAt(input, index) ?? '');
  const texts = [text, ...others].map(profileOf);
  return [...new Set(decisive.map((phrase) => asWritten(phrase, texts)))];
}

/** The measurement of the submission if its text were another one. */
function measuredAs(input: SemanticCheckInput, index: number, text: string): Measurement {
  const outputs = [...input.content.outputs];
  outputs[index] = { bytes: new TextEncoder().encode(text) };
  const [found] = semanticFindings({ ...input, content: { ...input.content, outputs } }, index);
  return found?.measurement ?? { score: 0, flags: 0 };
}

/** The passages that lift a flag, and those that each make at least half of the largest difference of scores. */
function decidingPassages(text: string, whole: Measurement, measure: (text: string) => Measurement): Passage[] {
  const parts = segmentsOf(text, { chars: 1, most: triedMax, remainder: 0 });
  if (parts.length < 2) return [];
  let start = 0;
  const tried = parts.map((part): Passage => {
    const end = start + part.length;
    const { score: scoreWithout, flags } = measure(text.slice(0, start) + text.slice(end));
    const passage = {
      start,
      end,
      text: quoted(part),
      scoreWithout,
      flagsLifted: flagNames('semantic', whole.flags & ~flags),
    };
    start = end;
    return passage;
  });
  const gainOf = ({ scoreWithout = whole.score }: Passage): number => scoreWithout - whole.score;
  const best = Math.max(gainMin, ...tried.map(gainOf));
  return tried
    .filter((passage) => passage.flagsLifted.length > 0 || 2 * gainOf(passage) >= best)
    .sort((a, b) => b.flagsLifted.length - a.flagsLifted.length || gainOf(b) - gainOf(a) || a.start - b.start)
    .slice(0, namedMax);
}
