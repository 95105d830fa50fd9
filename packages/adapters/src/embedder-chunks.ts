/** Cuts a text into pieces that fit a model: at ends of sentences where it can, at spaces else, in words if it must. */

/** Counts the tokens that a text costs the model, special tokens included. */
export type TokenCount = (text: string) => number;

export interface ChunkLimits {
  readonly maxTokens: number;
  readonly maxChunks: number;
}

/** Characters for each token above which a text cannot fit, so that it need not be counted as a whole. */
const charsPerTokenMax = 24;
const wordPattern = /\S+\s*|\s+/gu;
const sentenceEnd = /[.!?:;\u2026\u3002\uff01\uff1f]["'\u2019\u201d)\]]{0,3}$/u;

/** A part of the text with the tokens that it costs without special ones. */
interface Part {
  readonly text: string;
  readonly tokens: number;
}

/**
 * The pieces in order; joined they are the text, and each costs at most `maxTokens`. They are of about equal length,
 * lest the last one be a few words. An empty text has no piece. Throws a RangeError when more than `maxChunks` would
 * be needed: nothing is ever left out.
 */
export function chunkText(text: string, count: TokenCount, { maxTokens, maxChunks }: ChunkLimits): string[] {
  if (text === '') return [];
  const special = count('');
  const budget = maxTokens - special;
  if (text.length <= budget * charsPerTokenMax && count(text) <= maxTokens) return [text];
  const costOf = (part: string): number => count(part) - special;
  const parts: Part[] = [];
  let total = 0;
  for (const part of partsOf(text, costOf, budget)) {
    parts.push(part);
    total += part.tokens;
    if (total > maxChunks * budget) throw tooLong(maxChunks, maxTokens);
  }
  const pieces = pack(parts, budget, total).flatMap((piece) => [...halved(piece, costOf, budget)]);
  if (pieces.length <= maxChunks) return pieces;
  const dense = pack(parts, budget, Number.POSITIVE_INFINITY).flatMap((piece) => [...halved(piece, costOf, budget)]);
  if (dense.length > maxChunks) throw tooLong(maxChunks, maxTokens);
  return dense;
}

function tooLong(maxChunks: number, maxTokens: number): RangeError {
  return new RangeError(
    `The text needs more than ${maxChunks} pieces of ${maxTokens} tokens. Shorten it or allow more pieces.`,
  );
}

/** Sentences; where one is too long its words; where a word is too long the halves of it. */
function* partsOf(text: string, costOf: TokenCount, budget: number): Generator<Part> {
  for (const sentence of sentencesOf(text)) {
    const tokens = sentence.length <= budget * charsPerTokenMax ? costOf(sentence) : Number.POSITIVE_INFINITY;
    if (tokens <= budget) {
      yield { text: sentence, tokens };
      continue;
    }
    for (const word of sentence.match(wordPattern) ?? []) {
      for (const piece of halved(word, costOf, budget)) yield { text: piece, tokens: costOf(piece) };
    }
  }
}

/** Runs of words up to the end of a sentence or of a line; joined they are the text. */
function* sentencesOf(text: string): Generator<string> {
  let start = 0;
  for (const { 0: word, index } of text.matchAll(wordPattern)) {
    const bare = word.trimEnd();
    const endsHere = sentenceEnd.test(bare.slice(-4)) || word.slice(bare.length).includes('\n');
    if (!endsHere) continue;
    yield text.slice(start, index + word.length);
    start = index + word.length;
  }
  if (start < text.length) yield text.slice(start);
}

/** Joins parts to pieces of at most `budget` tokens, closing each one at an equal share of the total. */
function pack(parts: readonly Part[], budget: number, total: number): string[] {
  const share = Math.min(budget, Math.ceil(total / Math.ceil(total / budget)) || budget);
  const pieces: string[] = [];
  let piece = '';
  let tokens = 0;
  for (const part of parts) {
    if (piece !== '' && (tokens >= share || tokens + part.tokens > budget)) {
      pieces.push(piece);
      piece = '';
      tokens = 0;
    }
    piece += part.text;
    tokens += part.tokens;
  }
  if (piece !== '') pieces.push(piece);
  return pieces;
}

/** The text itself when it fits, else its halves, and so on; never between the halves of one character. */
function* halved(text: string, costOf: TokenCount, budget: number): Generator<string> {
  let middle = Math.ceil(text.length / 2);
  const before = text.charCodeAt(middle - 1);
  if (before >= 0xd800 && before <= 0xdbff) middle += 1;
  const fits = text.length <= budget * charsPerTokenMax && costOf(text) <= budget;
  if (fits || middle >= text.length) {
    yield text;
    return;
  }
  yield* halved(text.slice(0, middle), costOf, budget);
  yield* halved(text.slice(middle), costOf, budget);
}
