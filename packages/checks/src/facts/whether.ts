/**
 * Detects an answer's position on the yes-or-no part of its question. The part is found by its auxiliary verb ("…, and
 * is it safe?"). An answer without yes or no may still state or deny that part's words, or give a good or bad outcome.
 * English.
 */
import { deniesAt, functionWords } from '../text/function-words.ts';
import type { TextProfile, Token } from '../text/text-profile.ts';
import { badWords, goodWords, type Stance } from './stance.ts';

/** Names of the features of {@link whetherConflict}, in order; all 0…1. */
export const whetherNames = ['whetherSpoken', 'whetherClaimed', 'whetherOutcome'] as const;

/** The yes-or-no part of a question. */
export interface Whether {
  /** Topic words of the part. */
  readonly stems: ReadonlySet<string>;
  /** Negators within the part: in an answer, they do not negate. */
  readonly denials: ReadonlySet<string>;
  /** -1 if it asks about something bad ("dangerous"), so that a good outcome means no. */
  readonly sign: number;
}

/** An answer's position on it, each -1 (no) … 1 (yes), 0 if unclear. */
export interface WhetherStance {
  readonly spoken: number;
  readonly claimed: number;
  readonly outcome: number;
}

const auxiliaries = new Set(
  `is are was were am do does did can could may might must will would shall should has have had`.split(' '),
);
const joiners = new Set(['and', 'or', 'if', 'so', 'but', 'whether', 'then', 'also', 'normally']);
const clauseEdge = /[,.;:!?\n"“”–—|]/u;

interface Clause {
  readonly start: number;
  readonly end: number;
}

const clausesMax = 60;

/** Clauses: runs of tokens between stops, commas and "but", at the beginning of a text. */
function clausesOf(text: TextProfile): Clause[] {
  const clauses: Clause[] = [];
  let start = 0;
  for (let at = 1; at <= text.tokens.length && clauses.length < clausesMax; at++) {
    const [before, token] = [text.tokens[at - 1], text.tokens[at]];
    const isEdge =
      token === undefined ||
      (before !== undefined && clauseEdge.test(text.text.slice(before.end, Math.min(token.start, before.end + 8)))) ||
      token.lower === 'but';
    if (!isEdge) continue;
    clauses.push({ start, end: at });
    start = at;
  }
  return clauses;
}

/** The yes-or-no part of a question; undefined if there is none. */
export function whetherOf(prompt: TextProfile): Whether | undefined {
  for (const { start, end } of clausesOf(prompt)) {
    const at = beginningOf(prompt, start, end);
    if (at === undefined) continue;
    const tokens = prompt.tokens.slice(at, end);
    const words = tokens.filter((token) => !functionWords.has(token.lower));
    // "Faster or slower?" is not a yes-or-no question.
    if (words.length === 0 || tokens.some((token) => token.lower === 'or')) continue;
    const isBad = words.some((token) => badWords.has(token.lower));
    const denials = tokens.filter((_, index) => deniesAt(tokens, index)).map((token) => token.lower);
    return { stems: new Set(words.map(baseOf)), denials: new Set(denials), sign: isBad ? -1 : 1 };
  }
  return undefined;
}

/** The beginning of a clause's yes-or-no part: at its auxiliary, or after "whether". */
function beginningOf(prompt: TextProfile, start: number, end: number): number | undefined {
  for (let at = start; at < end; at++) if (prompt.tokens[at]?.lower === 'whether') return at + 1;
  let at = start;
  while (at < end && joiners.has(prompt.tokens[at]?.lower ?? '')) at++;
  const first = findJoined(prompt, at, end) ?? at;
  return auxiliaries.has(prompt.tokens[first]?.lower ?? '') ? first : undefined;
}

/** Past forms that share no stem with their verb. */
const pastForms = new Map(
  `met meet made make went go ran run won win lost lose wrote write sold sell bought buy built build found find got get
   grew grow knew know left leave paid pay said say sent send spoke speak took take taught teach told tell threw throw
   came come began begin became become ate eat drank drink flew fly gave give held hold kept keep led lead rose rise
   saw see sank sink swam swim fell fall died die broke break chose choose drew draw drove drive froze freeze`
    .split(/\s+/u)
    .flatMap((word, at, all) => (at % 2 === 0 ? [[word, all[at + 1] ?? word] as const] : [])),
);

function baseOf(token: Token): string {
  return pastForms.get(token.lower) ?? token.stem;
}

/** The auxiliary after an "and" within a clause: "how long is it and does it hurt". */
function findJoined(prompt: TextProfile, from: number, end: number): number | undefined {
  if (auxiliaries.has(prompt.tokens[from]?.lower ?? '')) return undefined;
  for (let at = from; at + 1 < end; at++)
    if (prompt.tokens[at]?.lower === 'and' && auxiliaries.has(prompt.tokens[at + 1]?.lower ?? '')) return at + 1;
  return undefined;
}

const deniedWeight = 1.5;
/** Weight of a denying clause without words of the question, relative to one that has them all. */
const bareDenial = 0.2;

/** An answer's position on the yes-or-no part, from its first clauses. Linear. */
export function whetherStanceOf(text: TextProfile, whether: Whether | undefined, stance: Stance): WhetherStance {
  if (whether === undefined) return { spoken: stance.spoken, claimed: 0, outcome: 0 };
  let sum = 0;
  let weight = 0;
  let label = 0;
  for (const { start, end } of clausesOf(text)) {
    const tokens = text.tokens.slice(start, end);
    const hits = new Set(tokens.map(baseOf).filter((stem) => whether.stems.has(stem))).size;
    const isLabel = text.text[text.tokens[end - 1]?.end ?? 0] === ':';
    const side = sideOf(text, start, end, whether);
    const own = hits + (side.isTold ? label : 0);
    if (own > 0 && !(isLabel && !side.isTold)) {
      const share = (own / whether.stems.size) * (side.sign < 0 ? deniedWeight : 1);
      sum += share * side.sign;
      weight += share;
    }
    if (own === 0 && side.sign < 0) {
      sum -= bareDenial;
      weight += bareDenial;
    }
    label = isLabel ? hits : 0;
  }
  return {
    spoken: stance.spoken,
    claimed: weight === 0 ? 0 : sum / weight,
    outcome: whether.sign * stance.outcome,
  };
}

/** -1 if a clause denies or gives the opposite outcome; `isTold` if one of its words says so. */
function sideOf(
  text: TextProfile,
  start: number,
  end: number,
  whether: Whether,
): { readonly sign: number; readonly isTold: boolean } {
  let outcome = 0;
  let isDenied = false;
  for (let at = start; at < end; at++) {
    const token = text.tokens[at];
    if (token === undefined) break;
    if (deniesAt(text.tokens, at) && !whether.denials.has(token.lower)) isDenied = true;
    if (whether.stems.has(baseOf(token))) continue;
    if (badWords.has(token.lower)) outcome = -1;
    else if (goodWords.has(token.lower) && outcome === 0) outcome = 1;
  }
  if (isDenied) return { sign: -1, isTold: true };
  return outcome === 0 ? { sign: 1, isTold: false } : { sign: outcome * whether.sign, isTold: true };
}

/** The features of one answer against the others (in any order). */
export function whetherConflict(own: WhetherStance, others: readonly WhetherStance[]): number[] {
  const sides = others.map(sideTaken).filter((value) => value !== 0);
  if (sides.length < 3 || sides.length * 2 < others.length) return [0, 0, 0];
  const mean = sides.reduce((sum, value) => sum + value, 0) / sides.length;
  const against = (value: number): number => Math.max(0, Math.min(1, -value * mean));
  if (own.spoken !== 0) return [against(own.spoken), 0, 0];
  return own.claimed === 0 ? [0, 0, against(own.outcome)] : [0, against(own.claimed), 0];
}

function sideTaken(one: WhetherStance): number {
  if (one.spoken !== 0) return one.spoken;
  return one.claimed === 0 ? 0.5 * one.outcome : 0.7 * one.claimed;
}
