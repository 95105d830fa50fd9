/** Detects whether an answer says yes or no, and its side of an opposition. */
import { deniesAt } from '../text/function-words.ts';
import type { TextProfile } from '../text/text-profile.ts';
import { noStrings, yesStrings } from '../text/yes-no.ts';

const listed = (text: string): string[] => text.split(/\s+/u).filter((word) => word !== '');

const yes = new Set([
  ...listed(`yes yep yeah sure certainly absolutely indeed correct true definitely ja sí si oui sim sì jawohl richtig`),
  ...yesStrings,
]);
const no = new Set([...listed(`no nope false incorrect untrue nein falsch non não nee`), ...noStrings]);
/** Words that negate a word but not a sentence. */
const weakNegators = new Set(['without', 'nothing', 'hardly', 'ohne', 'sin', 'sans', 'sem', 'senza', 'nor', 'never']);

/** Opposites that answers use for the two sides of one question, as stems' beginnings. */
const opposites: readonly (readonly [string, string])[] = listed(
  `faster/slower higher/lower more/less more/fewer larger/smaller bigger/smaller hotter/colder warmer/colder longer/shorter
   older/younger heavier/lighter before/after above/below increase/decrease increases/decreases rise/fall rises/falls
   safe/unsafe safe/dangerous legal/illegal possible/impossible same/different allowed/forbidden enough/insufficient
   alive/dead open/closed live/inactivated live/dead always/never all/none online/offline online/down win/lose
   expands/contracts denser/lighter odd/even true/false can/cannot yes/no keeps/discards keep/discard needs/unnecessary`,
).flatMap((pair) => {
  const [left, right] = pair.split('/');
  return left === undefined || right === undefined ? [] : [[left, right] as const];
});

/** The position of a text. */
export interface Polarity {
  /** -1 (no) … 1 (yes): 1 if it says so in a separate word, less if only its first sentences imply it. */
  readonly answer: number;
  /** For each opposition in which a text takes a side, the side: -1 left, 1 right, by index in the list. */
  readonly sides: ReadonlyMap<number, number>;
}

const openingTokens = 30;

/** True for a word that answers yes or no. */
export function isAnswerWord(lower: string): boolean {
  return yes.has(lower) || no.has(lower);
}

/** Share of the texts that answer yes or no in a word. */
export function spokenShare(texts: readonly Polarity[]): number {
  return texts.filter((one) => Math.abs(one.answer) === 1).length / Math.max(1, texts.length);
}

/** The position of a text. Linear. */
export function polarityOf(text: TextProfile): Polarity {
  const words = new Set(text.tokens.map((token) => token.lower));
  const sides = new Map<number, number>();
  opposites.forEach(([left, right], index) => {
    if (words.has(left) !== words.has(right)) sides.set(index, words.has(left) ? -1 : 1);
  });
  return { answer: answerOf(text), sides };
}

function answerOf(text: TextProfile): number {
  let spoken = 0;
  let denied = false;
  let sentences = 0;
  for (const [index, token] of text.tokens.entries()) {
    if (token.opensSentence) sentences++;
    const standsAlone =
      token.opensSentence || /^[\s*_]*(?:[.,;:!|)(–—-]|$)/u.test(text.text.slice(token.end, token.end + 4));
    if (standsAlone && yes.has(token.lower)) spoken ||= 1;
    if (standsAlone && no.has(token.lower)) spoken ||= -1;
    if (index === 0 && (token.lower === 'not' || token.lower === 'none')) spoken = -1;
    const isOpening = index < openingTokens && sentences <= 2;
    if (isOpening && deniesAt(text.tokens, index) && !weakNegators.has(token.lower)) denied = true;
    if (spoken !== 0) return spoken;
  }
  return denied ? -0.6 : 0.3;
}

/**
 * How much one answer contradicts the others on yes and no, 0…1: `spoken` if it says so in a word, `implied` if only
 * its first sentences imply it. 0 if the others do not answer yes or no.
 */
export function answerConflict(own: Polarity, others: readonly Polarity[], kind: 'spoken' | 'implied'): number {
  if ((Math.abs(own.answer) === 1) !== (kind === 'spoken')) return 0;
  if (spokenShare(others) * 3 < 1) return 0;
  const mean = others.reduce((sum, other) => sum + other.answer, 0) / Math.max(1, others.length);
  return Math.max(0, Math.min(1, -own.answer * mean));
}

/** The largest share of the others on the opposite side of an opposition; 0 below one half. */
export function sideConflict(own: Polarity, others: readonly Polarity[]): number {
  let worst = 0;
  for (const [index, side] of own.sides) {
    const against = others.filter((other) => other.sides.get(index) === -side).length;
    const beside = others.filter((other) => other.sides.get(index) === side).length;
    worst = Math.max(worst, (against - beside) / Math.max(1, others.length));
  }
  return worst < 0.5 ? 0 : worst;
}
