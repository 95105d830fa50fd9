/**
 * A stand-in for a model, for trials without one: it adds, subtracts and multiplies two whole numbers, and says of
 * everything else that it is no language model.
 */

/** The name under which it is served. */
export const standInModel = 'assay-stand-in';

const sum = /(-?\d{1,9})\s*(\+|-|−|\*|×|plus|minus|times)\s*(\d{1,9})/;

/** Ways to say a result, so that several stand-ins do not answer with the same bytes. */
const wordings = [
  (sum: string, result: string) => `${sum} is ${result}.`,
  (sum: string, result: string) => `The answer is ${result}, because ${sum} = ${result}.`,
  (sum: string, result: string) => `It is ${result}: ${sum} = ${result}.`,
] as const;

/** The stand-in's answer to a question; `manner` chooses the wording. */
export function standInAnswer(question: string, manner: number): string {
  const [, left, sign, right] = sum.exec(question) ?? [];
  const say = wordings[manner % wordings.length] ?? wordings[0];
  if (left === undefined || right === undefined || sign === undefined)
    return "This is Assay's stand-in, not a language model. It can add, subtract and multiply two whole numbers only.";
  const [a, b] = [Number(left), Number(right)];
  if (sign === '+' || sign === 'plus') return say(`${a} + ${b}`, String(a + b));
  if (sign === '-' || sign === '−' || sign === 'minus') return say(`${a} - ${b}`, String(a - b));
  return say(`${a} × ${b}`, String(a * b));
}
