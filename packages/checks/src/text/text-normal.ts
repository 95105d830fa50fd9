/** Normal form of texts under judgement, so that look-alikes and invisible characters hide nothing. */
import { asciiDigits } from './digits.ts';

/** Invisible characters: zero-width, joiners, soft hyphen, direction marks, tags and variation selectors. */
const invisible = /\p{Default_Ignorable_Code_Point}|\p{Cf}/gu;
/** Joiners and selectors that emoji and some scripts need: removed, but not counted as hiding. */
const harmlessInvisible = /\u00ad|\u200c|\u200d|\u200e|\u200f|\ufe0e|\ufe0f|\ufeff/gu;
const control = /[^\P{Cc}\t\n]/gu;
/** Digits written high, which the normal form would put into the number before them: "10⁸" is 10^8 and not 108. */
const raised = /[\u2070\u00b9\u00b2\u00b3\u2074-\u207b]+/gu;
/** A fraction in one character behind a digit, which the normal form would join to it: "2½" is 2 1/2. */
const joinedFraction = /(?<=\p{Nd})(?=[\u00bc-\u00be\u2150-\u215e])/gu;
const mixedWord = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]+/gu;

/** Cyrillic and Greek letters that look like a Latin one. */
const lookAlikes = new Map(
  Object.entries({
    а: 'a',
    в: 'b',
    с: 'c',
    ԁ: 'd',
    е: 'e',
    һ: 'h',
    і: 'i',
    ј: 'j',
    к: 'k',
    м: 'm',
    п: 'n',
    о: 'o',
    р: 'p',
    ԛ: 'q',
    г: 'r',
    ѕ: 's',
    т: 't',
    ц: 'u',
    ѵ: 'v',
    ԝ: 'w',
    х: 'x',
    у: 'y',
    А: 'A',
    В: 'B',
    С: 'C',
    Е: 'E',
    Н: 'H',
    І: 'I',
    Ј: 'J',
    К: 'K',
    М: 'M',
    О: 'O',
    Р: 'P',
    Ѕ: 'S',
    Т: 'T',
    Х: 'X',
    У: 'Y',
    α: 'a',
    ε: 'e',
    ι: 'i',
    κ: 'k',
    ν: 'v',
    ο: 'o',
    ρ: 'p',
    τ: 't',
    υ: 'u',
    χ: 'x',
    Α: 'A',
    Β: 'B',
    Ε: 'E',
    Η: 'H',
    Ι: 'I',
    Κ: 'K',
    Μ: 'M',
    Ν: 'N',
    Ο: 'O',
    Ρ: 'P',
    Τ: 'T',
    Υ: 'Y',
    Χ: 'X',
    Ζ: 'Z',
  }),
);

/** A text in normal form, and the number of hiding characters. */
export interface NormalText {
  /** NFKC with ASCII digits, "^" before raised digits and "/" in fractions, without invisible and control characters, look-alikes folded, line ends as `\n`. */
  readonly text: string;
  /** Invisible characters (emoji joiners aside), control characters and letters of a foreign script within a word. */
  readonly hiddenCount: number;
}

/** Converts a text to normal form. Total: any string, including lone surrogates. Linear in its length. */
export function normalText(raw: string): NormalText {
  let hiddenCount = 0;
  const counted = (): string => {
    hiddenCount++;
    return '';
  };
  const printable = raw.toWellFormed().replace(/\r\n?/g, '\n').replace(control, counted);
  if (!/\P{ASCII}/u.test(printable)) return { text: printable, hiddenCount };
  const visible = asciiDigits(
    printable
      .replace(harmlessInvisible, '')
      .replace(invisible, counted)
      .replace(raised, (marks) => `^${marks}`)
      .replace(joinedFraction, ' ')
      .normalize('NFKC')
      .replaceAll('\u2044', '/'),
  );
  if (!/[\u0370-\u052f]/.test(visible)) return { text: visible, hiddenCount };
  const text = visible.replace(mixedWord, (word) => {
    const folded = unmixed(word);
    if (folded !== word) hiddenCount++;
    return folded;
  });
  return { text, hiddenCount };
}

/** Folds look-alikes in a word that mixes Latin with Cyrillic or Greek letters; other words do not change. */
function unmixed(word: string): string {
  if (!/\p{Script=Latin}{2}/u.test(word) || !/[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(word)) return word;
  return word.replace(/./gu, (character) => lookAlikes.get(character) ?? character);
}
