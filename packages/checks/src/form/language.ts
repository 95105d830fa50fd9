/** Which language is a text in? By eld's small n-gram table, in memory. */
import { eld } from 'eld/small';

const sampleChars = 1_500;
const sampleCharsMin = 40;
/** Samples seen last and their languages, empty where unsure: several parts of one check ask about the same text. */
const detected = new Map<string, string>();
const detectedMax = 64;

/**
 * ISO 639-1 code of a text's language; undefined where the text is too short to tell or the detector is not sure. Code
 * fences do not count. Looks at the first 1,500 characters.
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
