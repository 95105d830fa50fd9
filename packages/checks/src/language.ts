/** Which language is a text in? By eld's small n-gram table, in memory. */
import { eld } from 'eld/small';

const sampleChars = 1_500;
const sampleCharsMin = 40;

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
  const found = eld.detect(sample);
  return found.language !== '' && found.isReliable() ? found.language : undefined;
}
