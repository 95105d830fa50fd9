/**
 * Checks the form that a prompt asks for. A form that most of the others do not have either is not held against a text.
 */
import { spokenNumbers } from '../facts/spoken-number.ts';
import { type TextProfile, tokensOf } from '../text/text-profile.ts';

/** The form that a prompt asks for, by its words (English; JSON in any language). */
export interface AskedForm {
  readonly json: boolean;
  /** Items of a list. */
  readonly items: number | undefined;
  /** Words, both inclusive. */
  readonly wordsMin: number | undefined;
  readonly wordsMax: number | undefined;
}

/** A text's compliance with a form: each true if it complies, undefined if nothing was asked or it is unclear. */
export interface KeptForm {
  readonly json: boolean | undefined;
  readonly items: boolean | undefined;
  readonly words: boolean | undefined;
  /** Every bracket of its code is closed; undefined without code. */
  readonly brackets: boolean | undefined;
}

const promptChars = 8_000;
const number = String.raw`(\d{1,5}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|fifty|(?:one |a )?hundred)`;
const itemsPattern = new RegExp(
  String.raw`\b(?:list|give|name|provide|suggest|write|generate|create|recommend|tell me|come up with|top|exactly)(?: me| us)?(?: of| the| a list of| exactly| my| some)? ${number} (?!words?\b|sentences?\b|paragraphs?\b|lines?\b|minutes?\b|hours?\b|days?\b|years?\b|characters?\b|stanzas?\b|pages?\b|letters?\b|syllables?\b|percent|times|-)[a-z-]{3,}(?: [a-z-]+){0,2}?s\b`,
  'i',
);
const mostPattern = new RegExp(
  String.raw`\b(?:at most|no more than|not more than|under|fewer than|less than|up to|within|max(?:imum)?(?: of)?|not exceed(?:ing)?|limit(?:ed)?(?: it| your answer)? to) ${number} words\b`,
  'i',
);
const leastPattern = new RegExp(
  String.raw`\b(?:at least|no fewer than|not less than|min(?:imum)?(?: of)?|more than|over) ${number} words\b`,
  'i',
);
const aboutPattern = new RegExp(
  String.raw`\b(?:in|exactly|about|around|approximately|roughly|of) (?:about |around |approximately |exactly )?${number} words\b|\b${number}[- ]word (?:essay|summary|story|article|answer|paragraph|description|text|email|post|review)`,
  'i',
);
/** Tolerance for a requested number of words, as a share. */
const wordSlack = 0.35;

/** The form that a prompt asks for. */
export function askedForm(prompt: string): AskedForm {
  const text = prompt.slice(0, promptChars);
  const most = numberIn(mostPattern.exec(text));
  const least = numberIn(leastPattern.exec(text));
  const about = numberIn(aboutPattern.exec(text));
  return {
    json: /\b(?:return|respond|reply|output|answer|give|provide|produce|generate|write|as|in|valid|only)\b[^.\n]{0,40}\bjson\b/i.test(
      text,
    ),
    items: numberIn(itemsPattern.exec(text)),
    wordsMin: least ?? about,
    wordsMax: most ?? about,
  };
}

/** A text's compliance. Linear. */
export function keptForm(asked: AskedForm, text: TextProfile): KeptForm {
  const words = text.tokens.length;
  const isWordsAsked = asked.wordsMin !== undefined || asked.wordsMax !== undefined;
  const items = asked.items === undefined ? undefined : listItems(text.text);
  return {
    json: asked.json ? holdsJson(text.text) : undefined,
    items: items === undefined || items < 2 ? undefined : items === asked.items,
    words: isWordsAsked
      ? words <= (asked.wordsMax ?? Number.POSITIVE_INFINITY) * (1 + wordSlack) + 5 &&
        words >= (asked.wordsMin ?? 0) * (1 - wordSlack) - 5
      : undefined,
    brackets: codeBrackets(text.text),
  };
}

/**
 * Evidence that a text does not have the requested form, 0 … 10,000: only if three quarters of the others (at least
 * two) comply.
 */
export function formEvidence(own: KeptForm, others: readonly KeptForm[]): number {
  const broken = (of: (one: KeptForm) => boolean | undefined): boolean => {
    if (of(own) !== false) return false;
    const told = others.map(of).filter((kept) => kept !== undefined);
    return told.length >= 2 && told.length * 2 >= others.length && told.filter(Boolean).length * 4 >= told.length * 3;
  };
  if (broken((one) => one.json)) return 9_000;
  if (broken((one) => one.items)) return 7_000;
  if (broken((one) => one.brackets)) return 8_000;
  return broken((one) => one.words) ? 7_000 : 0;
}

function numberIn(match: RegExpExecArray | null): number | undefined {
  const words = match?.slice(1).find((group) => group !== undefined);
  if (words === undefined) return undefined;
  const value = /^\d/.test(words) ? Number(words) : Number(spokenNumbers(tokensOf(words))[0]);
  return Number.isFinite(value) && value >= 2 ? value : undefined;
}

/** Number of items of the longest numbered list, otherwise of the unindented lines with a bullet. */
function listItems(text: string): number {
  const numbered = text.match(/^[ *_#]{0,4}\d{1,3}[.):]/gmu)?.length ?? 0;
  return numbered >= 2 ? numbered : (text.match(/^[-*+•] /gmu)?.length ?? 0);
}

/** True if the text, a fenced block of it, or the part between its outermost brackets is JSON. */
export function holdsJson(text: string): boolean {
  const blocks = [...text.matchAll(/```[a-z]*\n([\s\S]*?)```/giu)].slice(0, 16).map((match) => match[1] ?? '');
  const starts = [text.indexOf('{'), text.indexOf('[')].filter((at) => at >= 0);
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'));
  const outer = starts.length === 0 ? '' : text.slice(Math.min(...starts), end + 1);
  return [text, ...blocks, outer].some(isJson);
}

function isJson(text: string): boolean {
  const trimmed = text.trim();
  if (!/^[{[]/.test(trimmed)) return false;
  try {
    JSON.parse(trimmed);
    return true;
  } catch {
    return false;
  }
}

/**
 * False if a fenced block of code leaves a bracket open; strings and comments do not count. An open fence counts as
 * truncation.
 */
function codeBrackets(text: string): boolean | undefined {
  const parts = text.split('```');
  if (parts.length < 3 || parts.length % 2 === 0) return undefined;
  // In a shell, a lone ")" ends a pattern.
  const blocks = parts.filter(
    (block, index) => index % 2 === 1 && !/^(?:ba|z|k)?sh\b|^(?:shell|console)\b/iu.test(block),
  );
  if (blocks.length === 0) return undefined;
  const code = blocks.join('\n');
  const bare = code.replace(
    /\/\*[\s\S]{0,5000}?\*\/|(?:\/\/|#)[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/gu,
    '',
  );
  const count = (bracket: string): number => bare.split(bracket).length - 1;
  return count('{') <= count('}') && count('(') <= count(')') && count('[') <= count(']');
}
