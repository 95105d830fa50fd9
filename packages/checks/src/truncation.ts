/** Was a text cut off? It ends in the middle of a clause or a word, and is much shorter than what the others wrote. */
import { functionWords } from './function-words.ts';
import { medianOf, type TextProfile } from './text-profile.ts';

/** An ending that shows a complete text: closing marks, brackets, quotes, list or table ends, emoji. */
const closedEnd = /[.!?:;…。！？：；）」』”’"'`)\]}>*_|~$%°€£©®\u2190-\u2bff\u3000-\u303f\u{1f000}-\u{1faff}]$/u;
const structuredLine = /^\s*(?:[-*+•·#>|]|\p{N}{1,3}[.):]|\p{L}[.)]\s|\S{1,40}:|\S*[{}()[\];=<>/\\])/u;

/**
 * Evidence that a text was cut off, 0 (none) … 10,000 (certain), against the lengths of its peers. Without peers only
 * an unclosed code fence and a last word that cannot end a text count.
 */
export function truncationEvidence(text: TextProfile, prompt: TextProfile, peers: readonly TextProfile[]): number {
  const trimmed = text.text.trimEnd();
  const last = text.tokens.at(-1);
  if (last === undefined || last.end < trimmed.length - 3 || closedEnd.test(trimmed))
    return openFence(trimmed, text, peers);
  const ratio = lengthRatio(text, peers);
  const cutWord = isCutWord(text, prompt, peers);
  const hanging = functionWords.has(last.lower) && !last.isNumber && last.lower.length > 1;
  if (ratio > 0.55) return 0;
  if (isStructured(trimmed)) return 0;
  if (cutWord) return 10_000;
  if (hanging) return 9_000;
  if (text.tokens.length < 6) return 0;
  return ratio < 0.4 ? 8_000 : 4_000;
}

/** Length relative to the median of the peers; 1 without peers. */
function lengthRatio(text: TextProfile, peers: readonly TextProfile[]): number {
  const median = medianOf(peers.map((peer) => peer.text.length));
  return median === 0 ? 1 : text.text.length / median;
}

/** True when the last word is nowhere else and begins a longer word that the prompt, the peers or the text itself use. */
function isCutWord(text: TextProfile, prompt: TextProfile, peers: readonly TextProfile[]): boolean {
  const last = text.tokens.at(-1);
  if (last === undefined || last.isNumber) return false;
  let longer = false;
  const sources = [...peers.map((peer) => peer.tokens), prompt.tokens, text.tokens.slice(0, -1)];
  for (const tokens of sources) {
    for (const token of tokens) {
      if (token.lower === last.lower) return false;
      longer ||= token.lower.startsWith(last.lower);
    }
  }
  return longer;
}

/** True when the last line is an item of a list, a table row, code or a field: such lines need no full stop. */
function isStructured(trimmed: string): boolean {
  const lastLine = trimmed.slice(trimmed.lastIndexOf('\n') + 1);
  const onlyLine = lastLine.length === trimmed.length;
  return !onlyLine && lastLine.length < 160 && (structuredLine.test(lastLine) || lastLine.split(/\s+/u).length <= 6);
}

function openFence(trimmed: string, text: TextProfile, peers: readonly TextProfile[]): number {
  const fences = trimmed.split('```').length - 1;
  return fences % 2 === 1 && lengthRatio(text, peers) < 0.5 ? 8_000 : 0;
}
