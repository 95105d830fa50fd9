import { describe, expect, it } from 'vitest';
import { trigramSimilarity, trigramsOf } from '../agreement/lexical-similarity.ts';
import { tideAnswers } from '../text/test-task.ts';
import { profileOf } from '../text/text-profile.ts';
import { isOtherScript, languageOf } from './language.ts';

describe('languageOf', () => {
  it('identifies languages, except for short texts', () => {
    expect(languageOf(tideAnswers[0])).toBe('en');
    expect(
      languageOf('Die Gezeiten entstehen, weil der Mond das Wasser der Meere anzieht und die Erde sich dreht.'),
    ).toBe('de');
    expect(languageOf('ok')).toBeUndefined();
    expect(languageOf('\ud800'.repeat(100))).toBeUndefined();
  });
});

describe('trigramSimilarity', () => {
  it('is 1 for the same words, 0 for nothing in common, and symmetric', () => {
    const [a, b] = [trigramsOf(profileOf('ocean tides')), trigramsOf(profileOf('tidal oceans'))];
    expect(trigramSimilarity(a, a)).toBeCloseTo(1);
    expect(trigramSimilarity(a, trigramsOf(profileOf('xyz')))).toBe(0);
    expect(trigramSimilarity(a, b)).toBeCloseTo(trigramSimilarity(b, a));
    expect(trigramSimilarity(a, b)).toBeGreaterThan(0.4);
  });
});

describe('isOtherScript', () => {
  it.each([
    ['يحدث المد والجزر بسبب جاذبية القمر', true],
    ['東京は日本の首都です', true],
    ['Tides come from the Moon (月).', false],
    ['299 792 458', false],
  ])('reads %s', (text, is) => expect(isOtherScript(text)).toBe(is));
});
