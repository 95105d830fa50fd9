import { describe, expect, it } from 'vitest';
import { peerGroupOf } from '../agreement/peer-group.ts';
import { tideAnswers, tidePrompt } from '../text/test-task.ts';
import { profileOf } from '../text/text-profile.ts';
import { wordSaladEvidences } from './word-salad.ts';

/** The words of a text in an order that depends only on the text. */
function shuffled(text: string): string {
  const words = text.split(' ');
  return words.map((_, index) => words[(index * 17 + 5) % words.length]).join(' ');
}

const evidences = (texts: readonly string[]) =>
  wordSaladEvidences(peerGroupOf(profileOf(tidePrompt), texts.map(profileOf)));

describe('wordSaladEvidences', () => {
  it('is high for shuffled words and low for every other text', () => {
    const found = evidences([...tideAnswers, shuffled(tideAnswers[0])]);
    expect(found[4]).toBeGreaterThan(6_500);
    for (const one of found.slice(0, 4)) expect(one).toBeLessThan(5_000);
  });

  it('does not blame a text for a shuffled copy of it', () => {
    const found = evidences([...tideAnswers, shuffled(tideAnswers[2])]);
    expect(found[2]).toBeLessThan(5_000);
  });

  it('detects it also without capitals and stops', () => {
    const bare = shuffled(tideAnswers[1]).replace(/[.,]/g, '').toLowerCase();
    expect(evidences([...tideAnswers, bare])[4]).toBeGreaterThan(6_500);
  });

  it('finds nothing in code and single words', () => {
    const found = evidences([
      ...tideAnswers,
      '```js\nconst a = [1, 2];\nfor (const b of a) console.log(b);\n```',
      'Gravity',
    ]);
    expect(found.slice(4).every((one) => one < 5_000)).toBe(true);
  });
});
