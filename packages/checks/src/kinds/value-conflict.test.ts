import { describe, expect, it } from 'vitest';
import { profileOf } from '../text/text-profile.ts';
import { valueComparison } from './value-conflict.ts';

function conflictOf(prompt: string, own: string, ...others: string[]) {
  const { read, compare } = valueComparison(profileOf(prompt));
  return compare(
    read(profileOf(own)),
    others.map((text) => read(profileOf(text))),
  );
}

describe('valueComparison', () => {
  const label = 'Classify the review as positive, negative or neutral.';

  it('holds a choice against an answer that four others contradict, and doubts it where three do', () => {
    expect(conflictOf(label, 'neutral', 'Negative', 'negative.', 'It is negative', '**negative**')).toMatchObject({
      name: 10_000,
      decisive: 'neutral against negative',
    });
    expect(conflictOf(label, 'neutral', 'Negative', 'negative.', 'It is negative', 'positive').name).toBe(9_000);
  });

  it('holds nothing against a choice that two others share, or where too few agree', () => {
    expect(conflictOf(label, 'neutral', 'Neutral', 'neutral.', 'Negative', 'negative!', 'negative').name).toBe(0);
    expect(conflictOf(label, 'neutral', 'negative', 'negative!').name).toBe(0);
  });

  const swim = 'A class has 30 pupils. 18 play football, the others swim. How many swim?';

  it('doubts a number of its own, and one of the question that stands alone', () => {
    const right = ['12', 'Twelve swim.', '30 − 18 = 12', 'The rest, that is 12.'];
    expect(conflictOf(swim, 'It is 13.', ...right).number).toBe(9_000);
    expect(conflictOf(swim, '18', ...right).number).toBe(9_000);
    expect(conflictOf(swim, 'A dozen: 30 less 18 is 12.', ...right).number).toBe(0);
  });

  it('does not doubt a year where the others also name the day', () => {
    const dates = ['30 June 1992', 'June 30, 1992', 'It came out on 30 June 1992.', 'On June 30 of 1992'];
    expect(conflictOf('When did it come out?', 'In 1992.', ...dates).number).toBe(0);
  });

  it('holds a wrong result against an answer, whatever the form of the right ones, and in any order of them', () => {
    const prompt = 'Find ∫ sin x cos x dx.';
    const right = ['(sin²x)/2 + C', '−¼ cos(2x) + C', '$-\\tfrac12\\cos^2 x + C$', 'sin(x)^2/2 + const.'];
    for (const others of [right, right.toReversed()])
      expect(conflictOf(prompt, 'u² + C = sin²x + C.', ...others).number).toBe(10_000);
    for (const [at, one] of right.entries())
      expect(conflictOf(prompt, one.normalize(at % 2 === 0 ? 'NFD' : 'NFC'), ...right.toSpliced(at, 1)).number).toBe(0);
  });

  it('compares amounts by what they are worth, where numbers as written say nothing', () => {
    const prompt = 'What is the speed of light in a vacuum?';
    const right = ['299,792,458 m/s exactly.', '3 × 10^8 m/s', 'Roughly 300,000 km/s.', '186,000 miles per second'];
    expect(conflictOf(prompt, 'About 3 × 10^6 metres per second.', ...right)).toMatchObject({ number: 10_000 });
    expect(conflictOf(prompt, '1.08 billion km/h', ...right).number).toBe(0);
  });

  it.each([
    [
      'Pingviner kan flyga.',
      'Pingviner kan inte flyga.',
      'En pingvin kan inte flyga.',
      'De kan inte flyga, de är pingviner.',
    ],
    ['Пингвины умеют летать.', 'Пингвины не умеют летать.', 'Летать пингвины не умеют.', 'Пингвин не летает.'],
    ['पेंगुइन उड़ सकते हैं।', 'पेंगुइन उड़ नहीं सकते।', 'पेंगुइन नहीं उड़ सकते हैं।', 'पेंगुइन उड़ते नहीं।'],
    ['Penguins can fly.', 'Penguins cannot fly.', 'Penguins can’t fly.', 'They are birds that can not fly.'],
  ])('doubts "%s" where the others deny it in the same words', (own, ...others) => {
    const all = [...others, `${others[0]} `];
    expect(conflictOf('Can they fly?', own, ...all).negation).toBe(9_000);
    for (const [at, one] of all.entries())
      expect(conflictOf('Can they fly?', one, ...all.toSpliced(at, 1), own).negation).toBe(0);
  });

  it('does not doubt what is said in words of its own, nor where one in four states it too', () => {
    const others = ['Penguins cannot fly.', 'They cannot fly.', 'No penguin can fly.', 'They never fly.'];
    expect(conflictOf('Can they fly?', 'Flightless swimmers they are.', ...others).negation).toBe(0);
    expect(conflictOf('Can they fly?', 'Penguins can fly.', ...others, 'They can fly.', 'Fly they can.').negation).toBe(
      0,
    );
  });

  it('rounds before it compares', () => {
    expect(conflictOf('Convert 5 kg.', '11.0 lb', '11.0231 lb', '11.02 lb', 'about 11 pounds', '11 lb').number).toBe(0);
  });
});
