/**
 * What an everyday answer states under a key that other answers have too: the option that it chooses, a date, the values of its
 * JSON by path, the numbers of a table's or list's row. Such values agree or differ; how near two texts are says nothing.
 */
import { plainNumber } from '../facts/stated-facts.ts';
import { finalResultOf } from '../maths/final-answer.ts';
import { functionWords } from '../text/function-words.ts';
import { isRounded } from '../text/rounding.ts';
import { datesOf } from './dates.ts';
import { finalTextOf } from './final-text.ts';

/** Values by key. */
export type AnswerValues = ReadonlyMap<string, string>;

/** UTF-16 units of a prompt and of an answer that are looked at, and values of one kind of one answer. */
const promptChars = 4_000;
const answerChars = 20_000;
const valuesMax = 200;
const optionsMax = 12;

const word = String.raw`[\p{L}\p{N}][\p{L}\p{N}'’_-]{0,24}`;
const joint = '(?:or|and|oder|und|ou|et|o|y|e)';
const option = `["“'«(]?${word}(?: (?!${joint} )${word})?["”'»)]?`;
const list = `(?:${option}, ){1,10}(?:${joint} )?${option}(?:,? ${joint} ${option})?`;
/** "A, B or C", "one of a, b, c", "A or B". */
const optionList = new RegExp(`${list}|${option} (?:or|oder|ou|o) ${option}`, 'giu');
const betweenOptions = new RegExp(`,? ${joint} |, `, 'iu');
const wordPattern = /[\p{L}\p{N}'’_-]+/gu;

/** The options of a prompt's lists, in lower case, the longest list first; empty where there is none. */
export function optionListsOf(prompt: string): string[][] {
  const lists = [...prompt.slice(0, promptChars).matchAll(optionList)].map(({ 0: text }) => {
    const parts = text.split(betweenOptions);
    // Around the first and the last option of a list stands the rest of the sentence: one word of it is the option.
    return parts.map((part, at) => {
      const words = (part.match(wordPattern) ?? [])
        .slice(0, 2)
        .map((one) => (isLetter.test(one) ? one : one.toLowerCase()));
      return (at === 0 ? words.at(-1) : at === parts.length - 1 ? words[0] : words.join(' ')) ?? '';
    });
  });
  return lists
    .map((list) => [...new Set(list)])
    .filter((list) => list.length >= 2 && list.length <= optionsMax && list.every(isOption))
    .sort((a, b) => b.length - a.length);
}

/** "B" of "A, B, C or D"; in an answer, where no other word goes on behind it: "A good one" chooses nothing. */
const isLetter = /^\p{Lu}$/u;
const letterAlone = /(?<![\p{L}\p{N}'’_-])\p{Lu}(?![\p{L}\p{N}'’_-]| \p{Ll})/gu;

function isOption(text: string): boolean {
  if (text.length < 2) return isLetter.test(text);
  return text === 'yes' || text === 'no' || !text.split(' ').some((one) => functionWords.has(one));
}

/** What a prompt asks for. */
export interface AskedValues {
  /** Its lists of options. */
  readonly options: readonly (readonly string[])[];
  readonly isMaths: boolean;
  /** A function that differs by a constant is as good. */
  readonly isIntegral: boolean;
}

/** The values of one answer to a prompt. Linear. */
export function answerValuesOf(text: string, { options, isMaths, isIntegral }: AskedValues): AnswerValues {
  const final = finalTextOf(text).slice(0, answerChars);
  return new Map([
    ...choicesIn(final, options),
    ...datesIn(final),
    ...rowsIn(final),
    ...jsonIn(final),
    ...(isMaths ? mathsIn(final, isIntegral) : []),
  ]);
}

/** The keys of a result: as it is, or up to a constant. */
const resultKey = 'result';
const familyKey = 'result up to a constant';

function mathsIn(text: string, isIntegral: boolean): [string, string][] {
  const found = finalResultOf(text);
  if (found === undefined) return [];
  const { value, upToConstant, hasConstant } = found;
  const family: [string, string][] = upToConstant === undefined ? [] : [[familyKey, upToConstant]];
  return isIntegral || hasConstant ? family : [[resultKey, value], ...family];
}

/** Whether two values under one key are the same: numbers that are results may be rounded. */
export function isSameValue(key: string, a: string, b: string): boolean {
  return a === b || (key === resultKey && isDecimal(a) && isDecimal(b) && isRounded(a, b));
}

function isDecimal(value: string): boolean {
  return /^-?\d+(?:\.\d+)?$/.test(value);
}

/** The one option of each list that a text names. */
function choicesIn(text: string, options: readonly (readonly string[])[]): [string, string][] {
  const words = ` ${(text.toLowerCase().match(wordPattern) ?? []).join(' ')} `;
  const letters: readonly string[] = text.match(letterAlone) ?? [];
  return options.flatMap((list, at): [string, string][] => {
    const named = list.filter((one) => (isLetter.test(one) ? letters.includes(one) : words.includes(` ${one} `)));
    return named.length === 1 ? [[`choice ${at}`, named[0] ?? '']] : [];
  });
}

/** The only date of a text. A day and month that can be read both ways count as no date. */
function datesIn(text: string): [string, string][] {
  const [only, ...rest] = datesOf(text);
  return only === undefined || only === '' || rest.length > 0 ? [] : [['date', only]];
}

const tableLine = /^\s*\|.*\|\s*$/u;
const listLine =
  /^\s*(?:[-*+•·]\s+|\d{1,3}[.)]\s+)?(?:\*\*|__)?(\p{L}[\p{L}\p{M} '’-]{0,39}?)(?:\*\*|__)?\s*(?::|—|–|\s-\s)(.*)$/u;
const numberInCell = /(?<![\p{L}\p{N}.,])\p{N}+(?:[.,]\p{N}+)*/gu;

/** The numbers of each row and column of tables, and of each "label: …" line, by label. */
function rowsIn(text: string): [string, string][] {
  const table: string[][] = [];
  const rows: [label: string, cells: string][] = [];
  for (const line of text.split('\n').slice(0, 4 * valuesMax)) {
    if (tableLine.test(line)) {
      const cells = line
        .trim()
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim());
      if (cells.some((cell) => /[\p{L}\p{N}]/u.test(cell))) table.push(cells);
      continue;
    }
    const labelled = listLine.exec(line);
    if (labelled !== null) rows.push([labelled[1] ?? '', labelled[2] ?? '']);
  }
  const [header = [], ...body] = table;
  for (const [label = '', ...cells] of body) rows.push([label, cells.join(' | ')]);
  for (const [at, label] of header.entries())
    if (at > 0) rows.push([label, body.map((cells) => cells[at] ?? '').join(' | ')]);
  const values = new Map<string, string>();
  for (const [label, cells] of rows.slice(0, valuesMax)) {
    const key = `row ${label
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()}`;
    const numbers = (cells.match(numberInCell) ?? []).map(plainNumber).sort();
    if (key !== 'row ' && numbers.length > 0) values.set(key, values.has(key) ? '' : numbers.join(' '));
  }
  return [...values].filter(([, value]) => value !== '');
}

/** The plain values of a text's JSON, by path. */
function jsonIn(text: string): [string, string][] {
  const start = text.search(/[{[]/u);
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'));
  if (start < 0 || end <= start) return [];
  try {
    return leavesOf(JSON.parse(text.slice(start, end + 1)), 'json', 0).slice(0, valuesMax);
  } catch {
    return [];
  }
}

const depthMax = 12;

function leavesOf(value: unknown, path: string, depth: number): [string, string][] {
  if (depth > depthMax) return [];
  if (typeof value !== 'object' || value === null) return [[path, String(value).trim().toLowerCase()]];
  return Object.entries(value)
    .slice(0, valuesMax)
    .flatMap(([name, one]) => leavesOf(one, `${path}.${name.toLowerCase()}`, depth + 1));
}
