/**
 * An answer that denies what it then does: "Here is not a recipe:", "You can not use the following steps", an opening that says that
 * something cannot be done where the others open by saying how. English.
 */
import type { Statements } from './statements.ts';

/** What announces the text behind it, and what agrees to give it. */
const announcing = /\b(?:here(?:['’]s| is| are)?|follow(?:ing|s)?|these steps|below)\b|:\s*$/iu;
const agreeing = /^\W*(?:sure|certainly|of course|absolutely|yes)\b/iu;
const clauseEnd = /[,;:–—](?=\s)|\b(?:but|however|because|so)\b/giu;
/** What begins a clause that says nothing of its own. */
const subordinate = /\b(?:that|which|who|whose|if|when|whether|unless|while|where|how|than|to)\b.*$/isu;
/** An auxiliary verb and its negation. */
const denying =
  /\b(?:is|are|was|were|am|be|can|could|will|would|should|do|does|did|has|have|had|may|might|must|need)\s+(?:(?!to\b)[\p{L}]+\s+)?not\b(?! only)|\bcannot\b|[\p{L}]n['’]t\b/giu;
const conceding = /\b(?:but|however|although|though|instead)\b/iu;
/** Sentences that must come after an announcement. */
const sentencesAfter = 2;

/** True if a main clause that announces what follows, or the one after "Sure,", denies. */
export function deniesWhatFollows(text: string): boolean {
  if (!announcing.test(text) && !agreeing.test(text)) return false;
  return clausesOf(text).some(
    (clause, at) => deniesIn(clause) && (announcing.test(clause) || (at === 1 && agreeing.test(text))),
  );
}

/** True if more follows the sentence at a place. */
export function goesOnAfter({ sentences }: Statements, at: number): boolean {
  return sentences.length - at > sentencesAfter;
}

/** 1: the opening denies; 0.5: it concedes something in the same sentence; 0 otherwise. */
export function openingDenial({ sentences }: Statements): number {
  const text = sentences[0]?.text ?? '';
  const denies = clausesOf(text).filter(deniesIn).length % 2 === 1;
  return !denies ? 0 : conceding.test(text) ? 0.5 : 1;
}

function clausesOf(text: string): string[] {
  let start = 0;
  const clauses = [...text.matchAll(clauseEnd)].map(({ index }) => {
    const clause = text.slice(start, index);
    start = index;
    return clause;
  });
  return [...clauses, text.slice(start)];
}

/** True for an odd number of denied verbs, behind no word that begins a subordinate clause. */
function deniesIn(clause: string): boolean {
  return (clause.replace(subordinate, '').match(denying) ?? []).length % 2 === 1;
}
