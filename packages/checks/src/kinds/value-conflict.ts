/** Does an answer state another value than the others under a key that they share, or lack the number that all short ones give? */
import { statedNumbers } from '../facts/stated-number.ts';
import { mathsAskedBy } from '../maths/final-answer.ts';
import { isRounded } from '../text/rounding.ts';
import { medianOf, profileOf, type TextProfile } from '../text/text-profile.ts';
import { type AnswerValues, answerValuesOf, isSameValue, optionListsOf } from './answer-values.ts';
import { type Denial, denialOf, lacksDenial, noDenial } from './denial-conflict.ts';
import { finalTextOf } from './final-text.ts';
import { isOpenPrompt } from './open-prompt.ts';
import { amountsOf, type StatedAmount } from './quantities.ts';
import { amountConflict, newAmounts } from './quantity-conflict.ts';

/** One answer, read for the comparison. */
export interface ReadAnswer {
  readonly values: AnswerValues;
  /** Its numbers in all their notations. */
  readonly numbers: readonly ReadonlySet<string>[];
  /** Of a short answer, its amounts with units that the prompt does not have. */
  readonly amounts: readonly StatedAmount[];
  readonly denial: Denial;
  readonly tokens: number;
}

/** Evidence 0 … 10,000, and "own against theirs". */
export interface ValueConflict {
  readonly number: number;
  readonly name: number;
  readonly negation: number;
  readonly decisive: string | undefined;
}

const none: ValueConflict = { number: 0, name: 0, negation: 0, decisive: undefined };
/** Voices that must have a value, and their share of those that have the key; the key must be known to half of all others. */
const voicesMin = 3;
const agreedShare = 0.75;
/** From so many voices without another one on, a contradiction is certain; below, it leaves the answer undecided. */
const certainVoices = 4;
const certain = 10_000;
/** For people; the values of a formula at points say nothing to them. */
const otherResult = 'another result against that of the others';
const doubtful = 9_000;
/** Tokens of a task's median answer up to which the numbers of its answers are the answer. */
const shortTokens = 40;
/** An own number that so many others have too is no contradiction. An answer of so few tokens is nothing but its number. */
const sharedVoices = 2;
const aloneTokens = 3;

/** Reads the answers of one task and compares each with others of it. */
export function valueComparison(prompt: TextProfile): {
  readonly read: (text: TextProfile) => ReadAnswer;
  readonly compare: (own: ReadAnswer, others: readonly ReadAnswer[]) => ValueConflict;
} {
  const options = optionListsOf(prompt.text);
  const maths = mathsAskedBy(prompt.text);
  const asked = numbersOf(prompt);
  // Of many right answers, some deny and some do not.
  const isOpen = isOpenPrompt(prompt.text);
  const askedAmounts = amountsOf(prompt);
  return {
    read: (text) => {
      const final = finalTextOf(text.text);
      const profile = final === text.text ? text : profileOf(final);
      const isShort = profile.tokens.length <= shortTokens;
      return {
        values: answerValuesOf(final, { ...maths, options: isShort ? options : [] }),
        numbers: numbersOf(profile),
        amounts: isShort ? newAmounts(amountsOf(profile), askedAmounts) : [],
        denial: isShort ? denialOf(profile) : noDenial,
        tokens: profile.tokens.length,
      };
    },
    compare: (own, others) =>
      keyConflict(own, others) ??
      amountOrNumber(own, others, asked) ??
      (isOpen ? none : denialConflict(own, others)) ??
      none,
  };
}

function numbersOf(text: TextProfile): ReadonlySet<string>[] {
  return statedNumbers(text).map(({ key, also }) => new Set([key, ...also]));
}

/** Amounts are compared by what they are worth; numbers as they are written only where amounts say nothing. */
function amountOrNumber(
  own: ReadAnswer,
  others: readonly ReadAnswer[],
  asked: readonly ReadonlySet<string>[],
): ValueConflict | undefined {
  const found = amountConflict(
    own.amounts,
    others.map(({ amounts }) => amounts),
  );
  if (found === undefined) return numberConflict(own, others, asked);
  if (found.own === undefined) return undefined;
  return { ...none, number: evidenceOf(found.count, found.of), decisive: `${found.own} against ${found.agreed}` };
}

function evidenceOf(count: number, of: number): number {
  return count >= certainVoices && count * 5 >= of * 4 ? certain : doubtful;
}

function keyConflict(own: ReadAnswer, others: readonly ReadAnswer[]): ValueConflict | undefined {
  let best: ValueConflict | undefined;
  for (const [key, value] of own.values) {
    const theirs = others.flatMap((other) => other.values.get(key) ?? []);
    const countOf = (one: string): number => theirs.filter((other) => isSameValue(key, one, other)).length;
    const [agreed, count] = [...new Set(theirs)]
      .map((one) => [one, countOf(one)] as const)
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0] ?? ['', 0];
    if (isSameValue(key, agreed, value) || countOf(value) >= 2) continue;
    if (count < voicesMin || count < agreedShare * theirs.length || theirs.length * 2 < others.length) continue;
    const evidence = evidenceOf(count, others.length);
    const isFormula = value.startsWith('f ') || agreed.startsWith('f ');
    const kind = isFormula || /^-?\p{N}/u.test(value) ? 'number' : 'name';
    if (best === undefined || evidence > Math.max(best.number, best.name))
      best = { ...none, [kind]: evidence, decisive: isFormula ? otherResult : `${value} against ${agreed}` };
  }
  return best;
}

/**
 * A number that the question does not have and nearly all short answers have, where this one has only numbers of its own, or
 * nothing but one of the question's. Right answers to one question may still differ in them, so the answer is left undecided.
 */
function numberConflict(
  own: ReadAnswer,
  others: readonly ReadAnswer[],
  asked: readonly ReadonlySet<string>[],
): ValueConflict | undefined {
  if (own.numbers.length === 0 || medianOf(others.map(({ tokens }) => tokens)) > shortTokens) return undefined;
  const has = (numbers: readonly ReadonlySet<string>[], key: string): boolean =>
    numbers.some((one) => one.has(key) || [...one].some((other) => isRounded(other, key)));
  const countOf = (key: string): number => others.filter(({ numbers }) => has(numbers, key)).length;
  const stated = own.numbers.filter((one) => ![...one].some((key) => has(asked, key)));
  const isAlone = stated.every((one) => [...one].every((key) => countOf(key) < sharedVoices));
  if (!isAlone || (stated.length === 0 && own.tokens > aloneTokens)) return undefined;
  const keys = new Set(others.flatMap(({ numbers }) => numbers.flatMap((one) => [...one])));
  for (const key of [...keys].sort()) {
    if (has(asked, key) || has(own.numbers, key)) continue;
    const count = countOf(key);
    if (count < voicesMin || count < agreedShare * others.length) continue;
    const [first] = (stated[0] ?? own.numbers[0])?.values() ?? [];
    return { ...none, number: doubtful, decisive: `${first} against ${key}` };
  }
  return undefined;
}

/** Right answers may deny in other words than negators, so the answer is left undecided. */
function denialConflict(own: ReadAnswer, others: readonly ReadAnswer[]): ValueConflict | undefined {
  if (medianOf(others.map(({ tokens }) => tokens)) > shortTokens) return undefined;
  const isOther = lacksDenial(
    own.denial,
    others.map(({ denial }) => denial),
  );
  return isOther ? { ...none, negation: doubtful, decisive: 'it states what the others deny' } : undefined;
}
