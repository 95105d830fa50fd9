/**
 * A formula, in LaTeX or as people type it, as a tree. The parser is that of the Compute Engine (an algebra library); what it gets
 * is held small and well formed before, because it tries a wrong formula again and again.
 */
import { LatexSyntax } from '@cortex-js/compute-engine/latex-syntax';

/** A number, a symbol, or a function with its arguments. */
export type Expression = number | string | Call;

/** A function and its arguments, as MathJSON names them. */
export interface Call {
  readonly head: string;
  readonly parts: readonly Expression[];
}

/** UTF-16 units, brackets in each other, and words and marks of a formula that is read. */
const charsMax = 160;
const depthMax = 4;
const marksMax = 80;

/** Names that are functions or symbols when they are typed without a backslash. */
const names =
  'arcsin arccos arctan sinh cosh tanh sin cos tan cot sec csc ln log exp sqrt pi theta alpha beta lambda omega phi'.split(
    ' ',
  );
const typedName = new RegExp(String.raw`(?<![\\\p{L}])(?:${names.join('|')})(?![\p{L}])`, 'gu');
const allowed = new Set([
  ...names,
  ...'frac cdot times div pm mp gamma delta epsilon mu sigma rho tau left right abs lvert rvert'.split(' '),
]);
const command = /\\([a-zA-Z]+)/gu;
/** Of `\text{…}`; what it holds is a unit or a word. */
const textCommand = /\\(?:text|mathrm|operatorname|mbox|textbf|mathbf|rm)\s*\{([^{}]*)\}/gu;

/** The tree of a formula; undefined for anything else, and for one that is too large. Time is bounded. */
export function expressionOf(text: string): Expression | undefined {
  if (text.length > 2 * charsMax) return undefined;
  const latex = latexOf(text);
  if (latex === '' || latex.length > charsMax || !isWellFormed(latex)) return undefined;
  return treeOf(parserOf().parse(latex) as unknown);
}

let parser: LatexSyntax | undefined;
function parserOf(): LatexSyntax {
  parser ??= new LatexSyntax();
  return parser;
}

function latexOf(text: string): string {
  return bracketed(
    text
      .replace(/[−–]/gu, '-')
      .replace(/\\[dt]frac/gu, '\\frac')
      .replace(/\\frac\s*(\d)\s*(\d)/gu, '\\frac{$1}{$2}')
      .replace(/\\(?:displaystyle|left|right|[,;:! ]|quad|qquad|limits)(?![a-zA-Z])/gu, ' ')
      .replace(textCommand, ' $1 ')
      .replace(/\\?\$|\\[()[\]]|`/gu, ' ')
      .replace(/(?<=[\p{L}\p{N})])\*\*(?=[\p{N}({-])/gu, '^')
      .replace(/\*\*|__/gu, ' ')
      .replace(/[*×·∙⋅]/gu, '\\cdot ')
      .replace(/÷/gu, '/')
      .replace(/π/gu, '\\pi ')
      .replace(/√\s?(\p{N}+|\p{L})/gu, '\\sqrt{$1}')
      .replace(/√/gu, '\\sqrt ')
      .replace(/(\p{N})[,’'](?=\p{N}{3}(?!\p{N}))/gu, '$1')
      .replace(/\bconst(?:ant)?\b\.?/giu, 'C')
      .replace(typedName, (name) => `\\${name} `)
      .replace(/\^\s*([+-]?\p{N}+)(?![\p{N}.])/gu, '^{$1}')
      .replace(/(?<![\^\p{L}\p{N}./]|\^\{)(\p{N}+)\s?\/\s?(\p{N}+)(?![\p{N}.])/gu, '\\frac{$1}{$2}')
      .replace(/\|([^|]{1,40})\|/gu, '\\abs{$1}'),
  ).trim();
}

/** Round brackets behind "^" and a root are there only for people who type: "x^(n+1)", "sqrt(2)". */
function bracketed(text: string): string {
  let made = '';
  const open: boolean[] = [];
  for (const mark of text) {
    if (mark === '(') open.push(/(?:\^|\\sqrt)\s*$/u.test(made));
    const isTyped = mark === '(' ? open.at(-1) : mark === ')' ? open.pop() : false;
    made += isTyped !== true ? mark : mark === '(' ? '{' : '}';
  }
  return made;
}

/** Known commands only, no words, brackets in pairs and not deep, and not too many marks. */
function isWellFormed(latex: string): boolean {
  const bare = latex.replace(command, (whole, name: string) => (allowed.has(name) ? ' ' : whole));
  if (/[\\&#%~@"?;:<>|=]|\p{L}{2}|[^\P{L}a-zA-Zα-ω]/u.test(bare)) return false;
  if ((latex.match(/\\?[\p{L}]+|\p{N}+|[^\s\p{L}\p{N}]/gu)?.length ?? 0) > marksMax) return false;
  if (/[+\-*/^_]\s*$|[+\-/^_(]\s*[)/^_]|[{(]\s*[})]/u.test(latex)) return false;
  const open: string[] = [];
  for (const mark of latex) {
    if (mark === '(' || mark === '{' || mark === '[') open.push(mark);
    if (open.length > depthMax) return false;
    if (mark === ')' || mark === '}' || mark === ']') if (pairs[mark] !== open.pop()) return false;
  }
  return open.length === 0;
}

const pairs: Readonly<Record<string, string>> = { ')': '(', '}': '{', ']': '[' };

/** MathJSON as it comes: numbers also as `{num}`, errors and texts as objects. */
function treeOf(json: unknown): Expression | undefined {
  if (typeof json === 'number' || typeof json === 'string') return json;
  if (Array.isArray(json)) {
    const [head, ...rest] = json as unknown[];
    const parts = rest.flatMap((part) => treeOf(part) ?? []);
    if (typeof head !== 'string' || head === 'Error' || parts.length < rest.length) return undefined;
    return { head, parts };
  }
  const number = typeof json === 'object' && json !== null && 'num' in json ? Number(json.num) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}
