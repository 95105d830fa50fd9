import { describe, expect, it } from 'vitest';
import { profileOf } from '../text/text-profile.ts';
import { lateWordsOf } from './late-words.ts';

const first = 'Choose a pot with holes, fill it with sandy soil, and plant the cactus upright.';
const second = 'Later water it monthly, feed it in spring, and repot the roots when they are crowded.';
const others = [`${first} ${second}`, `${first} Then ${second}`].map(profileOf);

describe('lateWordsOf', () => {
  it('is as usual for a whole answer, low for a first half and high for a last one', () => {
    expect(lateWordsOf(profileOf(`${first} ${second}`), others)).toBe(5_000);
    expect(lateWordsOf(profileOf(first), others)).toBeLessThan(2_500);
    expect(lateWordsOf(profileOf(second), others)).toBeGreaterThan(7_500);
  });

  it('says nothing where the others have no word in common', () => {
    expect(lateWordsOf(profileOf(first), [profileOf(first), profileOf(elsewhere)])).toBe(5_000);
    expect(lateWordsOf(profileOf(first), [])).toBe(5_000);
  });
});

const elsewhere = 'Utrecht ended war.';
