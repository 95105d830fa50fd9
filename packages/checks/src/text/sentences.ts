/** The sentences and lines of a text, with their offsets. */
import { fullStops } from './full-stops.ts';
import { functionWords } from './function-words.ts';
import type { TextProfile, Token } from './text-profile.ts';

/** One sentence or line. Offsets are UTF-16 units of the normal text. */
export interface Sentence {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Stems of its topic words. */
  readonly stems: ReadonlySet<string>;
}

/** Maximum number of sentences of one text. */
const sentencesMax = 5_000;
const sentencePattern = new RegExp(
  `[^\\n.!?${fullStops}]*(?:[.!?](?![\\s"”')]|$)[^\\n.!?${fullStops}]*)*(?:[.!?${fullStops}]+["”')]*|\\n|$)`,
  'gu',
);

/** Cuts a text at line ends and at stops before a blank. Linear. */
export function sentencesOf(profile: TextProfile): Sentence[] {
  const { text, tokens } = profile;
  const sentences: Sentence[] = [];
  let next = 0;
  for (const match of text.matchAll(sentencePattern)) {
    const start = match.index;
    const end = start + match[0].length;
    const own: Token[] = [];
    while (next < tokens.length && (tokens[next]?.start ?? end) < end) own.push(tokens[next++] as Token);
    if (own.length === 0) continue;
    const stems = new Set(own.filter((token) => !functionWords.has(token.lower)).map((token) => token.stem));
    sentences.push({ text: match[0].trim(), start: own[0]?.start ?? start, end, stems });
    if (sentences.length >= sentencesMax) break;
  }
  return sentences;
}
