/** Language identification with eld's small n-gram table, in memory. */
import { eld } from 'eld/small';

const sampleChars = 1_500;
const sampleCharsMin = 40;
/**
 * Cache of recent samples and their languages, empty if unsure, because several parts of one check need the same text's
 * language.
 */
const detected = new Map<string, string>();
const detectedMax = 64;

/**
 * ISO 639-1 code of a text's language; undefined if the text is too short or the detector is unsure. Ignores code
 * fences. Uses the first 1,500 characters.
 */
export function languageOf(text: string): string | undefined {
  const sample = text
    .slice(0, 2 * sampleChars)
    .replace(/```[^`]*(?:```|$)/gu, ' ')
    .slice(0, sampleChars)
    .toWellFormed();
  if (sample.trim().length < sampleCharsMin) return undefined;
  const known = detected.get(sample);
  if (known !== undefined) return known === '' ? undefined : known;
  const found = eld.detect(sample);
  const language = found.language !== '' && found.isReliable() ? found.language : '';
  if (detected.size >= detectedMax) detected.clear();
  detected.set(sample, language);
  return language === '' ? undefined : language;
}

/** True for a text most of whose letters are not Latin: the word lists of the checks know none of its words. Linear. */
export function isOtherScript(text: string): boolean {
  const sample = text.slice(0, sampleChars);
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  return (sample.match(/\p{Script=Latin}/gu)?.length ?? 0) * 2 < letters;
}
