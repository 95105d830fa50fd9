/**
 * Texts that say nothing and that language models grade well all the same: empty ones, one word, and phrases that only
 * announce an answer ("master keys", arXiv 2507.08794). They need no judge.
 */

/** Such phrases, without punctuation and in lower case. */
const announcements = [
  'let us solve this problem step by step',
  'let s solve this problem step by step',
  'let us think step by step',
  'let s think step by step',
  'here is the final answer',
  'here is the solution',
  'here is the answer',
  'the correct answer is',
  'the final answer is',
  'the answer is',
  'thought process',
  'final answer',
  'of course',
  'step by step',
  'solution',
  'answer',
  'sure',
  'solución',
  'respuesta',
  'lösung',
  'antwort',
  'réponse',
  'かいせつ',
  '解説',
  '解答',
  '解',
];

/** A word; in scripts without spaces, two characters. */
const words =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]{1,2}|[\p{L}\p{M}\p{N}]+/gu;

/** Words of a text that is too long to be nothing but such phrases. */
const wordsMax = 64;

/** True for a text of one word at most, and for one of nothing but such phrases. */
export function saysNothing(text: string): boolean {
  const found = text.normalize('NFKC').toLowerCase().match(words) ?? [];
  if (found.length <= 1) return true;
  if (found.length > wordsMax) return false;
  let rest = ` ${found.join(' ')} `;
  for (const phrase of announcements) rest = rest.replaceAll(` ${(phrase.match(words) ?? []).join(' ')} `, ' ');
  return rest.trim() === '';
}
