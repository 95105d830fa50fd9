/** The semantic role's measurements with what is behind them: strengths, the words that contradict, places in the text. */
import type { EvidenceItem, Measured } from '@assay/protocol/observation/evidence';
import { voteOf } from '@assay/protocol/policy/policy';
import { textAt } from '../segments/opposed-passage.ts';
import { normalText } from '../text/text-normal.ts';
import { conflictFlags, writtenBy } from './deciding-passages.ts';
import {
  doubtsOf,
  flagEvidenceOf,
  type SemanticCheckInput,
  type SemanticFinding,
  semanticFindings,
} from './semantic-check.ts';
import { semanticThresholds } from './semantic-thresholds.ts';

/** One for each submission, in order; with evidence for each that is not accepted. */
export function semanticMeasured(input: SemanticCheckInput): Measured[] {
  const thresholds = semanticThresholds(input.policy);
  return semanticFindings(input).map((finding, index) => {
    if (voteOf('semantic', input.policy, finding.measurement) === 'accept') return finding.measurement;
    const raised = [...flagEvidenceOf(finding, thresholds), ...doubtsOf(finding, thresholds)];
    const strengths = raised.map(({ flag, ...strength }) => ({ kind: flag, ...strength }));
    const evidence = [...withWords(strengths, input, index, finding), ...placesOf(input, index, finding)];
    return { ...finding.measurement, evidence };
  });
}

/** Every text differs from the others somewhere: the words count with a contradiction, or where nothing else was found. */
function withWords(
  items: readonly EvidenceItem[],
  input: SemanticCheckInput,
  index: number,
  { decisive }: SemanticFinding,
): EvidenceItem[] {
  const at = items.findIndex(({ kind }) => conflictFlags.has(kind));
  const text = textAt(input, index);
  if (decisive.length === 0 || text === undefined || (at < 0 && items.length > 0)) return [...items];
  const against = writtenBy(input, text, decisive).join('; ');
  if (at < 0) return [{ kind: 'contradiction', against }];
  return items.map((item, position) => (position === at ? { ...item, against } : item));
}

/** Where instructions and requests stand. Offsets of the normal form count only where it is the text as it was written. */
function placesOf(input: SemanticCheckInput, index: number, { places }: SemanticFinding): EvidenceItem[] {
  const text = textAt(input, index);
  if (places.length === 0 || text === undefined || normalText(text).text !== text) return [];
  return places.map(({ what, start, end }) => ({ kind: what, start, end }));
}
