/**
 * Detects an answer's side of a yes-or-no question if it does not just say yes or no: by short answers ("It doesn't.",
 * "They do!"), marks, advice ("go ahead", "hold off"), outcomes ("failed", "safe") and denied words of the question.
 * English.
 */
import { deniesAt, isNegator } from '../text/function-words.ts';
import type { TextProfile, Token } from '../text/text-profile.ts';
import { noStrings, yesStrings } from '../text/yes-no.ts';
import type { Facts } from './stated-facts.ts';

/** Names of the features of {@link stanceConflict}, in order; all 0…1. */
export const stanceNames = ['stanceSpoken', 'deniesAsked', 'statesDenied'] as const;

/** The position of a text, each -1 (no) … 1 (yes), 0 if unclear. */
export interface Stance {
  /** Stated as a separate answer. */
  readonly spoken: number;
  /** Implied by its first words. */
  readonly outcome: number;
}

const listed = (text: string): string[] => text.split(/\s+/u).filter((word) => word !== '');

const yesWords = new Set([...listed(`yes yep yup yeah aye indeed ja sí si oui sim sì jawohl`), ...yesStrings]);
/** Words that may only introduce the answer. */
const politeWords = new Set(listed(`sure certainly absolutely definitely naturally gladly`));
const polite = 0.5;
const noWords = new Set([...listed(`no nope nah never nein non não nee`), ...noStrings]);
/** Words that answer only at the beginning of a line or after a colon or bar. */
const yesValues = new Set(listed(`correct true right affirmative exactly allowed possible safe legal richtig`));
const noValues = new Set(
  listed(`false incorrect untrue wrong negative none impossible unsafe illegal forbidden falsch`),
);
/** Words for a good and for a bad outcome: allowed, safe, passed and their opposites. English. */
export const goodWords: ReadonlySet<string> = new Set(
  listed(`safe fine okay ok allowed permitted possible legal lawful approved accepted passed carried adopted granted pass passes carries
   valid enough sufficient affordable suitable suited succeeded successful works welcome can able free eligible agreed
   confirmed works protected good healthy true correct still alive live yes won wins healed cured cures refundable
   available open included covered harmless`),
);
export const badWords: ReadonlySet<string> = new Set(
  listed(`unsafe dangerous forbidden prohibited banned impossible illegal unlawful rejected refused denied failed fails fail declined
   defeated invalid insufficient inadequate unsuitable unsuccessful unable ineligible false incorrect untrue wrong risky
   harmful toxic poisonous discard avoid bin throw stop refuse deny prevent lost loses unavailable closed excluded dead
   inactivated useless ends excluded missing lacks late against barred disqualified cancelled overdue expired`),
);
const advice: readonly (readonly [pattern: RegExp, sign: number])[] = [
  [
    /\b(?:go (?:ahead|for it|right ahead)|by all means|feel free|no problem|why not|don't worry|no worries|without a second thought|without (?:any )?(?:trouble|problem|worry)s?)\b/iu,
    1,
  ],
  [/\bafraid so\b/iu, 1],
  [
    /\b(?:hold off|please don't|better not|rather not|not (?:really|quite|at all|so|yet|before|any more)|no way|afraid not|i'm afraid|keep away|stay away|steer clear|out of the question|other way (?:a)?round|on the contrary|voted down|turned down|throw (?:it|them) (?:out|away))\b/iu,
    -1,
  ],
];
const marks: readonly (readonly [pattern: RegExp, sign: number])[] = [
  [/[✓✔✅☑👍]/u, 1],
  [/[✗✘❌✕✖🚫👎]/u, -1],
];
/** A pronoun and an auxiliary only: "It doesn't.", "They do!", "You can't, because". */
const elliptic =
  /(?:^|[\n.!?;:—–-]\s*)(?:[\p{L}']{1,12},? ){0,2}(?:i|you|it|he|she|they|we|that|this|there|one) (is|are|was|were|does|do|did|can|could|will|would|should|has|have|had|must|may|might|[\p{L}]{2,7}n't|cannot)( not)?(?=\s*(?:[.!,;:)—–-]|$|\n|because\b|since\b|as\b))/iu;

const openingChars = 220;
const openingTokens = 40;

/** The position of a text, from its opening. */
export function stanceOf(text: TextProfile): Stance {
  return { spoken: spokenOf(text), outcome: outcomeOf(text) };
}

function spokenOf(text: TextProfile): number {
  const opening = text.text.slice(0, openingChars);
  for (const [index, token] of text.tokens.entries()) {
    if (index >= openingTokens) break;
    const sign = yesWords.has(token.lower)
      ? 1
      : noWords.has(token.lower)
        ? -1
        : politeWords.has(token.lower)
          ? polite
          : 0;
    if (sign !== 0 && (standsAlone(text, token) || index === 0)) return sign;
    const value = yesValues.has(token.lower) ? 1 : noValues.has(token.lower) ? -1 : 0;
    if (value !== 0 && isValue(text, token)) return value;
  }
  for (const [pattern, sign] of marks) if (pattern.test(opening)) return firstMark(opening, sign);
  const short = elliptic.exec(opening);
  if (short !== null) return short[2] !== undefined || isNegator((short[1] ?? '').toLowerCase()) ? -1 : 1;
  for (const [pattern, sign] of advice) if (pattern.test(opening)) return sign;
  return 0;
}

/** The sign of the first mark. */
function firstMark(opening: string, fallback: number): number {
  const at = (pattern: RegExp): number => {
    const found = opening.search(pattern);
    return found < 0 ? Number.POSITIVE_INFINITY : found;
  };
  const [good, bad] = marks.map(([pattern]) => at(pattern));
  return good === undefined || bad === undefined ? fallback : good < bad ? 1 : -1;
}

function standsAlone(text: TextProfile, token: Token): boolean {
  return token.opensSentence || /^[\s*_`]*(?:[.,;:!|)(–—-]|$)/u.test(text.text.slice(token.end, token.end + 4));
}

function isValue(text: TextProfile, token: Token): boolean {
  return token.opensSentence && standsAlone(text, { ...token, opensSentence: false });
}

const negationReach = 4;

/** Good and bad outcomes in the first words, inverted after a negator. */
function outcomeOf(text: TextProfile): number {
  let sum = 0;
  let deniedUntil = -1;
  for (const [index, token] of text.tokens.slice(0, openingTokens).entries()) {
    if (token.opensSentence) deniedUntil = -1;
    const sign = goodWords.has(token.lower) ? 1 : badWords.has(token.lower) ? -1 : 0;
    if (sign !== 0) sum += (index <= deniedUntil ? -sign : sign) / (1 + index / 20);
    if (deniesAt(text.tokens, index)) deniedUntil = index + negationReach;
  }
  return Math.max(-1, Math.min(1, sum));
}

/** The part of a text that the comparison needs. */
export interface Standing {
  readonly stance: Stance;
  readonly facts: Facts;
}

/** The features of one text against the others (in any order); `asked` has the question's topic words. */
export function stanceConflict(own: Standing, others: readonly Standing[], asked: ReadonlySet<string>): number[] {
  const mean = (of: (one: Stance) => number): number => {
    const telling = others.map((one) => of(one.stance)).filter((value) => value !== 0);
    if (telling.length < 2 || telling.length * 3 < others.length) return 0;
    return telling.reduce((sum, value) => sum + value, 0) / telling.length;
  };
  const denial = askedDenial(own.facts, others, asked);
  return [Math.max(0, -own.stance.spoken * mean((one) => one.spoken)), denial.denies, denial.states];
}

/** How many more of the others take the opposite side on the same word of the question, for the worst word. */
function askedDenial(
  own: Facts,
  others: readonly Standing[],
  asked: ReadonlySet<string>,
): { readonly denies: number; readonly states: number } {
  const worst = { denies: 0, states: 0 };
  for (const stem of asked) {
    const claim = own.claims.get(stem);
    if (claim === undefined) continue;
    const theirs = others.flatMap(({ facts }) => facts.claims.get(stem) ?? []);
    if (theirs.length < 2) continue;
    const denying = theirs.filter((one) => one.denied > one.stated).length / theirs.length;
    const stating = theirs.filter((one) => one.denied === 0).length / theirs.length;
    const trust = Math.min(1, theirs.length / Math.max(1, others.length * 0.6));
    if (claim.denied > claim.stated) worst.denies = Math.max(worst.denies, trust * (stating - denying));
    else if (claim.denied === 0) worst.states = Math.max(worst.states, trust * (denying - stating));
  }
  return worst;
}
