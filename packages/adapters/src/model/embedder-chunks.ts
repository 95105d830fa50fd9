/**
 * Cuts a text into chunks that fit a model: at ends of sentences if possible, otherwise at spaces, otherwise within
 * words.
 */

/** Counts the model's tokens of a text, without special tokens. */
export interface TokenCosts {
  /** The exact count for a text. */
  readonly exact: (text: string) => number;
  /** An estimate for one word. Its neighbours may change the count slightly, so it is only used for planning. */
  readonly word: (word: string) => number;
}

/** Limits of a chunk and of a text; `maxTokens` without special tokens. */
export interface ChunkLimits {
  readonly maxTokens: number;
  readonly maxChunks: number;
}

/** Characters for each token above which a text cannot fit, so that counting can be skipped. */
const charsPerTokenMax = 24;
const wordPattern = /\S+\s*|\s+/gu;
const sentenceEnd = /[.!?:;\u2026\u3002\uff01\uff1f]["'\u2019\u201d)\]]{0,3}$/u;

/** A part of the text with its token count. */
interface Part {
  readonly text: string;
  readonly tokens: number;
}

/**
 * The chunks in order: joined, they are the text, and each has at most `maxTokens`. They have about equal length, so
 * that the last one is not just a few words. An empty text has no chunk. Throws a RangeError if more than `maxChunks`
 * are needed, because nothing may be omitted. Cuts are planned with cached token counts of words; only the chunks are
 * counted as a whole.
 */
export function chunkText(text: string, costs: TokenCosts, { maxTokens, maxChunks }: ChunkLimits): string[] {
  if (text === '') return [];
  if (text.length <= maxTokens * charsPerTokenMax && costs.exact(text) <= maxTokens) return [text];
  const parts: Part[] = [];
  let total = 0;
  for (const part of partsOf(text, costs, maxTokens)) {
    parts.push(part);
    total += part.tokens;
    if (total > maxChunks * maxTokens) throw tooLong(maxChunks, maxTokens);
  }
  const fitting = (pieces: readonly string[]) => pieces.flatMap((piece) => [...halved(piece, costs.exact, maxTokens)]);
  const pieces = fitting(pack(parts, maxTokens, total));
  if (pieces.length <= maxChunks) return pieces;
  const dense = fitting(pack(parts, maxTokens, Number.POSITIVE_INFINITY));
  if (dense.length > maxChunks) throw tooLong(maxChunks, maxTokens);
  return dense;
}

function tooLong(maxChunks: number, maxTokens: number): RangeError {
  return new RangeError(
    `The text needs more than ${maxChunks} pieces of ${maxTokens} tokens. Shorten it or allow more pieces.`,
  );
}

/** Splits into sentences; a sentence that is too long into words; a word that is too long into halves. */
function* partsOf(text: string, costs: TokenCosts, budget: number): Generator<Part> {
  for (const sentence of sentencesOf(text)) {
    const words = (sentence.match(wordPattern) ?? []).map((word) => ({
      text: word,
      tokens: costOf(word, costs, budget),
    }));
    const tokens = words.reduce((sum, word) => sum + word.tokens, 0);
    if (tokens <= budget) yield { text: sentence, tokens };
    else for (const word of words) yield* word.tokens <= budget ? [word] : halves(word.text, costs, budget);
  }
}

/** Maximum length of cached words; longer ones rarely repeat. */
const rememberedCharsMax = 40;

function costOf(word: string, costs: TokenCosts, budget: number): number {
  const bare = word.trimEnd();
  if (bare.length > budget * charsPerTokenMax) return Number.POSITIVE_INFINITY;
  return bare.length <= rememberedCharsMax && bare !== '' ? costs.word(bare) : costs.exact(word);
}

function* halves(word: string, costs: TokenCosts, budget: number): Generator<Part> {
  for (const piece of halved(word, costs.exact, budget)) yield { text: piece, tokens: costs.exact(piece) };
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

/** Joins parts to chunks of at most `budget` tokens, each with an equal share of the total. */
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

/** The text itself if it fits, otherwise its halves, recursively; never cuts within a surrogate pair. */
function* halved(text: string, costOf: TokenCosts['exact'], budget: number): Generator<string> {
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
