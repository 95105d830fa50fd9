/** The result that a worked answer ends with, as values that equal results share whatever their form. */
import { type MathsValue, mathsValueOf } from './maths-value.ts';

/** UTF-16 units of a prompt and from the end of an answer that are looked at, and formulas that are tried. */
const promptChars = 4_000;
const answerChars = 4_000;
const triedMax = 12;
const lineChars = 240;

/** Prompts for a formula or a sum: by marks, LaTeX or words (English, German, French, Spanish). */
const mathsPrompt =
  /[∫∑√∂]|\\(?:int|frac|sqrt|sum|lim)\b|\p{L}\^\p{N}|\p{N}\s?[+×÷*^]\s?\p{N}|\b(?:integra[lt]|antiderivative|derivative|differentiate|simplify|factori[sz]e|expand the|solve (?:for|the)|roots? of|equation|logarithm|dérivée|intégrale|ableitung|stammfunktion|vereinfache|gleichung|derivada|simplifica|ecuación)\b/iu;
/** Of a function without bounds, there are as many antiderivatives as constants. */
const integralPrompt = /[∫]|\\int\b|\b(?:antiderivative|indefinite integral|integrate|stammfunktion|primitive)\b/iu;

/** Whether a prompt asks for maths, and whether its results are the same if they differ by a constant. */
export function mathsAskedBy(prompt: string): { readonly isMaths: boolean; readonly isIntegral: boolean } {
  const text = prompt.slice(0, promptChars);
  return { isMaths: mathsPrompt.test(text), isIntegral: integralPrompt.test(text) };
}

const box = /\\boxed\s*\{/gu;
const mathsPart =
  /\$\$([^$]{1,400})\$\$|\$([^$\n]{1,240})\$|\\\(([\s\S]{1,240}?)\\\)|\\\[([\s\S]{1,400}?)\\\]|`([^`\n]{1,240})`/gu;
const announced =
  /(?:\b(?:answer|result|solution|antwort|ergebnis|lösung|réponse|résultat|respuesta|resultado)\b[^\n:=]{0,20}(?:\bis\b|\bist\b|\best\b|\bes\b|[:=])|\btherefore,?|\bthus,?|\bhence,?|∴)\s*([^\n]{1,240})/giu;
const steps = /=|≈|\\approx|⇒|→|\\Rightarrow|\\implies|\\to\b|: |\b(?:is|ist|est|es)\b/u;
const alternatives = /\s*(?:\b(?:or|and|oder|und|ou|et|o|y)\b|[;,](?!\p{N}{3}))\s*/u;

/** The values of an answer's result; undefined where none is found. `text` is without reasoning. Time is bounded. */
export function finalResultOf(text: string): MathsValue | undefined {
  for (const formula of formulasOf(text.slice(-answerChars)).slice(0, triedMax)) {
    const value = resultIn(formula);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Where the result may stand, the likeliest place first. */
function formulasOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => /[\p{L}\p{N}]/u.test(line));
  const last = lines.at(-1) ?? '';
  const inside = [...text.matchAll(mathsPart)].map((match) => match.slice(1).find((part) => part !== undefined) ?? '');
  const said = [...text.matchAll(announced)].map((match) => match[1] ?? '');
  return [
    ...boxesIn(text).reverse(),
    ...said.reverse().slice(0, 3),
    ...(inside.length > 0 ? inside.slice(-1) : []),
    ...(last.length <= lineChars ? [last] : []),
    ...inside.slice(0, -1).reverse().slice(0, 3),
  ];
}

function boxesIn(text: string): string[] {
  return [...text.matchAll(box)].slice(-3).flatMap(({ index, 0: opening }) => {
    let depth = 1;
    const from = index + opening.length;
    for (let at = from; at < Math.min(text.length, from + lineChars); at++) {
      if (text[at] === '{') depth++;
      if (text[at] === '}') depth--;
      if (depth === 0) return [text.slice(from, at)];
    }
    return [];
  });
}

/** What stands last in a row of equal terms; several alternatives count as a set. */
function resultIn(formula: string): MathsValue | undefined {
  const bare = formula
    .replace(/\s\((?=[^()]*\p{L}{3})[^()]*\)\.?\s*$/u, '')
    .replace(/[\s.]+$/u, '')
    .trim();
  const parts = bare.split(alternatives).filter((part) => part !== '');
  if (parts.length >= 2 && parts.length <= 4) {
    const values = parts.map(valueAtEnd);
    const names = new Set(parts.map((part) => (part.includes('=') ? part.slice(0, part.indexOf('=')).trim() : '')));
    const found = values.flatMap((value) => value ?? []);
    if (found.length === parts.length && (names.size === 1 || (names.size === 2 && names.has(''))))
      return {
        value: found
          .map(({ value }) => value)
          .sort()
          .join(' '),
        upToConstant: undefined,
        hasConstant: false,
      };
    return undefined;
  }
  return valueAtEnd(bare);
}

function valueAtEnd(formula: string): MathsValue | undefined {
  return mathsValueOf(formula.split(steps).at(-1) ?? '');
}
