/**
 * Cuts a text into segments of a few sentences each: the parts that the embedding role compares one by one, so that a
 * part which belongs to another prompt is seen beside parts that belong to this one.
 */
import { fullStops } from '../text/full-stops.ts';

/** UTF-16 units from which on a segment ends at the next end of a sentence or line. */
export const segmentChars = 260;
/** A remainder below this many units is no segment of its own: it belongs to the one before it. */
const remainderCharsMax = 90;
/** Segments of one text at most: those of a longer text are longer. */
export const segmentsMax = 96;

/** A run of text up to the end of a sentence or of a line, with the blanks behind it. */
const sentencePattern = new RegExp(
  `[^\\n.!?${fullStops}]*(?:[.!?](?!["'”’)\\]]*(?:\\s|$))[^\\n.!?${fullStops}]*)*(?:[.!?${fullStops}]+["'”’)\\]]*[ \\t]*\\n*|\\n+|$)`,
  'gu',
);

/** Another way of cutting than that of the embedding role. */
export interface SegmentSizes {
  /** See {@link segmentChars}. */
  readonly chars: number;
  /** See {@link segmentsMax}. */
  readonly most: number;
  /** See {@link remainderCharsMax}. */
  readonly remainder: number;
}

const ownSizes: SegmentSizes = { chars: segmentChars, most: segmentsMax, remainder: remainderCharsMax };

/** The segments in order; joined they are the text. An empty text has none. Linear, deterministic. */
export function segmentsOf(text: string, { chars, most, remainder }: SegmentSizes = ownSizes): string[] {
  const target = Math.max(chars, Math.ceil(text.length / (most - 1)));
  const segments: string[] = [];
  let start = 0;
  for (const { 0: sentence, index } of text.matchAll(sentencePattern)) {
    const end = index + sentence.length;
    if (end - start < target) continue;
    segments.push(text.slice(start, end));
    start = end;
  }
  const rest = text.slice(start);
  if (rest === '') return segments;
  const last = segments.pop();
  if (last === undefined) return [rest];
  return rest.trim().length < remainder ? [...segments, last + rest] : [...segments, last, rest];
}

/**
 * The pieces of a text that a model reads one by one, in order: its segments, each cut further where it is too long for
 * the model. `chunk` is the model's own. Throws a RangeError when more than `most` pieces would be needed.
 */
export function piecesOf(text: string, chunk: (text: string, most: number) => string[], most: number): string[] {
  const pieces = segmentsOf(text).flatMap((segment) => chunk(segment, most));
  if (pieces.length > most) throw new RangeError(`The text needs more than ${most} pieces. Shorten it.`);
  return pieces;
}
