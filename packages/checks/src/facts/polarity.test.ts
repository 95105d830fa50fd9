import { describe, expect, it } from 'vitest';
import { profileOf } from '../text/text-profile.ts';
import { answerConflict, polarityOf, sideConflict } from './polarity.ts';

const of = (text: string) => polarityOf(profileOf(text));

describe('polarityOf', () => {
  it.each([
    ['No; 2 hours.', -1],
    ['Carbon dioxide; yes.', 1],
    ['Нет, это опасно.', -1],
    ['Да, можно.', 1],
    ['Hayır, tehlikeli.', -1],
    ['Tak, można.', 1],
    ['لا، هذا خطير.', -1],
    ['아니요, 위험합니다.', -1],
    ['아니요, 위험합니다.'.normalize('NFD'), -1],
    ['नहीं, यह खतरनाक है।', -1],
    ['Không, nguy hiểm.'.normalize('NFD'), -1],
    ['- Insects? **No** → arachnids', -1],
    ['Not on Sundays.', -1],
    ["They aren't insects.", -0.6],
    ['Spiders have eight legs.', 0.3],
    ['There is no train at noon.', -0.6],
  ])('%s', (text, answer) => {
    expect(of(text).answer).toBe(answer);
  });
});

describe('answerConflict', () => {
  const others = ['No, never.', 'No. It is closed.', "It isn't.", 'No; closed.'].map(of);

  it('counts against the one that says yes', () => {
    expect(answerConflict(of('Yes, it is.'), others, 'spoken')).toBeGreaterThan(0.8);
    expect(answerConflict(of('No, it is closed.'), others, 'spoken')).toBe(0);
  });

  it('finds nothing if the others do not answer yes or no', () => {
    expect(answerConflict(of('Yes, it is.'), ['Paris.', 'It is Paris.', 'The city is Paris.'].map(of), 'spoken')).toBe(
      0,
    );
  });
});

describe('sideConflict', () => {
  it('distinguishes slower from faster', () => {
    const others = ['It is faster in water.', 'Faster.', 'Sound is faster there.', 'Much faster'].map(of);
    expect(sideConflict(of('It is slower in water.'), others)).toBe(1);
    expect(sideConflict(of('It is faster in water than in air.'), others)).toBe(0);
  });
});
