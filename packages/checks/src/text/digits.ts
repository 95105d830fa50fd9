/** Digits of all scripts as ASCII digits, so that "٢٥", "२५" and "25" are one number. */

/** The zeros of the scripts in Unicode's basic plane; the other nine digits follow each. Wide and styled digits are folded by NFKC. */
const zeros = '٠۰߀०০੦૦୦௦౦೦൦෦๐໐༠၀႐០᠐᥆᧐᪀᪐᭐᮰᱀᱐꘠꣐꤀꧐꧰꩐꯰';

const digits: ReadonlyMap<string, string> = new Map(
  Array.from(zeros).flatMap((zero) =>
    Array.from({ length: 10 }, (_, value) => [String.fromCharCode(zero.charCodeAt(0) + value), String(value)]),
  ) as [string, string][],
);

const foreign = /[^\P{Nd}0-9]/gu;
/** The marks of Arabic between whole and fraction, and between thousands, inside a number. */
const fractionMark = /(?<=[0-9])\u066b(?=[0-9])/gu;
const thousandsMark = /(?<=[0-9])\u066c(?=[0-9])/gu;

/** A text with ASCII digits. Offsets stay. Total, linear. */
export function asciiDigits(text: string): string {
  return text
    .replace(foreign, (digit) => digits.get(digit) ?? digit)
    .replace(fractionMark, '.')
    .replace(thousandsMark, ',');
}
