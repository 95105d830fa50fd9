/** Was a text cut off? It stops where nobody stops: in a word, after an article, in an open bracket, unlike its own lines. */

import { numberWords } from '../facts/number-words.ts';
import { isUnit } from '../facts/stated-number.ts';
import { finalTextOf } from '../kinds/final-text.ts';
import { fullStops } from '../text/full-stops.ts';
import { functionWords } from '../text/function-words.ts';
import { medianOf, type TextProfile, type Token } from '../text/text-profile.ts';

/** An ending that shows a complete text: closing marks, brackets, quotes, list or table ends, emoji. */
const closedEnd = new RegExp(
  `[.!?:;…：；）」』”“’"'\`)\\]}>*_|~$%°€£©®\\u2190-\\u2bff\\u3000-\\u303f\\u{1f000}-\\u{1faff}${fullStops}]$`,
  'u',
);
const openEnd = /(?:[,([{“„«‘–—-]|[(["“„«*_]\s?\p{L}{1,2})$/u;
const markerChars = 16;
const loneMarker = /(?:^|\n)\s*(?:\p{N}{1,3}[.)]|[-*+•])$/u;
const itemMarker = /^\s*(?:[-*+•·#>|]+|\p{N}{1,3}[.):]|\p{L}[.)])\s/u;
const codeLine = /^\s*\S*(?:[{}[\];=<>\\]|\w\(|\/\/)/u;
/** Shorter texts (tokens) often leave out the last full stop. */
const stopTokens = 60;
/** "Best regards, Ana" ends a letter. */
const signatureChars = 80;
const signature = /[,\n]\s*\p{Lu}\p{L}+(?:\s\p{Lu}\p{L}+)?$/u;
const stop = new RegExp(`[.!?…${fullStops}]["”’'*_)]*$`, 'u');

/** Words that no text ends in, though they are not all function words that could end a question or a phrase. */
const neverLast = new Set(
  `a an the of and or but if than from into between because although while with your my our their its his to at by which such
   der die das und oder aber ein eine einen einem einer von zu mit für auf als dass wenn
   el la los las un una de del y o que con por para en
   le les des du et ou une au aux avec pour dans
   il lo gli e di che per con
   os as um uma do da dos das com em het een van en met voor`.split(/\s+/u),
);

/** Shorter peers than this (UTF-16 units, the median) answer in phrases: only a cut word tells. */
const phraseChars = 120;
/** Longer than this share of the median peer, and than so many UTF-16 units: it ran into a limit of its own. */
const longRatio = 0.85;
const longChars = 1_600;
/** Longer than the median peer by this factor: whatever is missing at the end, it says more than the others do. */
const fullerRatio = 1.2;
/** Texts of fewer tokens are an answer in a phrase: only a word that nothing ends in, or an open bracket, tells. */
const phraseTokens = 10;
/** "#learntocode" ends a post. */
const hashtag = /(?:^|\s)#[\p{L}\p{N}_]+$/u;
/** What makes another form of a whole word: "water" is not cut because others say "waters". */
const inflection = /^(?:'?s|es|e?d|ing|ly|e?rs?|al|ic|ia?n)$/u;
const fence = /^\s{0,8}(?:```|~~~)/gmu;

/**
 * Evidence that a text was cut off, 0 (none) … 10,000 (certain). What its peers do counts as usual: if most of them end
 * openly too, nothing is said. Without peers only the text's own form counts.
 */
export function truncationEvidence(text: TextProfile, prompt: TextProfile, peers: readonly TextProfile[]): number {
  // A text that is all reasoning ended before its answer, however long it is.
  if (isAllReasoning(text)) return peers.filter(isAllReasoning).length * 2 > peers.length ? 0 : 9_000;
  const own = endingEvidence(text, prompt, peers);
  if (own === 0) return 0;
  const ratio = lengthRatio(text, peers);
  if (peers.length > 0 && (ratio > fullerRatio || (text.text.length > longChars && ratio > longRatio))) return 0;
  const open = peers.filter((peer) => endingEvidence(peer, prompt, []) >= 6_000).length;
  return open * 2 > peers.length ? 0 : own;
}

function isAllReasoning({ text }: TextProfile): boolean {
  return finalTextOf(text) === '';
}

function endingEvidence(text: TextProfile, prompt: TextProfile, peers: readonly TextProfile[]): number {
  const trimmed = text.text.trimEnd();
  const last = text.tokens.at(-1);
  if (last === undefined) return 0;
  const isShort = lengthRatio(text, peers) < 0.6;
  if ((trimmed.match(fence)?.length ?? 0) % 2 === 1) return 8_000;
  if (text.tokens.length >= 12 && loneMarker.test(trimmed.slice(-markerChars))) return 9_000;
  if (last.end < trimmed.length - 3 || closedEnd.test(trimmed) || hashtag.test(trimmed)) return 0;
  const peerChars = medianOf(peers.map((peer) => peer.text.length));
  if (isCutWord(last, text, prompt, peers)) return isShort || !isItem(trimmed) ? 10_000 : 7_000;
  if (openEnd.test(trimmed)) return 8_500;
  if (neverLast.has(last.lower) && last.written === last.lower) return 9_000;
  if (peers.length > 0 && peerChars < phraseChars && trimmed.length < phraseChars) return 0;
  if (text.tokens.length < phraseTokens && !functionWords.has(last.lower)) return 0;
  const style = signature.test(trimmed.slice(-signatureChars)) ? 'open' : ownStyle(trimmed);
  if (style === 'closed' && text.tokens.length >= stopTokens) return 8_000;
  if (style === 'open' || text.tokens.length < 6) return 0;
  const ratio = lengthRatio(text, peers);
  const hanging =
    functionWords.has(last.lower) && !last.isNumber && last.lower.length > 1 && !numberWords.has(last.lower);
  if (ratio > 0.55 || isItem(trimmed)) return 0;
  return hanging ? 9_000 : ratio < 0.4 ? 8_000 : 4_000;
}

/** Length relative to the median of the peers; 1 without peers. */
function lengthRatio(text: TextProfile, peers: readonly TextProfile[]): number {
  const median = medianOf(peers.map((peer) => peer.text.length));
  return median === 0 ? 1 : text.text.length / median;
}

/** True when the last word is nowhere else and begins a longer word that the prompt, the peers or the text itself use. */
function isCutWord(last: Token, text: TextProfile, prompt: TextProfile, peers: readonly TextProfile[]): boolean {
  if (last.isNumber || isUnit(last.lower) || /.\p{Lu}/u.test(last.written)) return false;
  let longer = false;
  const isPhrase = text.tokens.length < phraseTokens;
  const isEnding = (rest: string): boolean => (isPhrase ? inflection.test(rest) : rest === 's');
  const sources = [...peers.map((peer) => peer.tokens), prompt.tokens, text.tokens.slice(0, -1)];
  for (const tokens of sources) {
    for (const token of tokens) {
      if (token.lower === last.lower) return false;
      longer ||= token.lower.startsWith(last.lower) && !isEnding(token.lower.slice(last.lower.length));
    }
  }
  return longer;
}

/** True when the last line is an item of a list, a table row, code or a short field: such lines need no full stop. */
function isItem(trimmed: string): boolean {
  const lastLine = trimmed.slice(trimmed.lastIndexOf('\n') + 1);
  const onlyLine = lastLine.length === trimmed.length;
  const isForm = itemMarker.test(lastLine) || codeLine.test(lastLine) || /^\s*\S{1,40}:/u.test(lastLine);
  return !onlyLine && lastLine.length < 160 && (isForm || lastLine.split(/\s+/u).length <= 6);
}

/**
 * How the text ends its other lines of the same kind as the last: `closed` (nearly all by a full stop, so the last is
 * cut), `open` (they need none), or undefined where they do not tell.
 */
function ownStyle(trimmed: string): 'closed' | 'open' | undefined {
  const lines = trimmed.split('\n').filter((line) => line.trim() !== '');
  const lastLine = lines.at(-1) ?? '';
  if (codeLine.test(lastLine)) return undefined;
  const isListed = itemMarker.test(lastLine);
  const alike = lines
    .slice(0, -1)
    .filter(
      (line) => !codeLine.test(line) && itemMarker.test(line) === isListed && line.trim().split(/\s+/u).length >= 5,
    );
  const closed = alike.filter((line) => stop.test(line.trimEnd())).length;
  const isLong = lastLine.trim().split(/\s+/u).length >= 5;
  if (alike.length >= 2 && closed >= 0.9 * alike.length) return isLong ? 'closed' : undefined;
  if (alike.length >= 2 && closed <= 0.5 * alike.length) return 'open';
  const stops = lastLine.match(/\p{L}[.!?]["”’)]? +["“‘(*]?\p{Lu}/gu)?.length ?? 0;
  return stops >= 1 && isLong ? 'closed' : undefined;
}
