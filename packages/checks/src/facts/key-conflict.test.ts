import { describe, expect, it } from 'vitest';
import { profileOf } from '../text/text-profile.ts';
import { answerKeysOf, areEnglish, hasKey, hasKin, kinOf } from './answer-keys.ts';
import { keyConflictNames, keyConflictOf } from './key-conflict.ts';
import { keySupport } from './key-support.ts';

const honest = [
  'Neil Armstrong, 1969.',
  'American astronaut Neil Armstrong became the first human to walk on the Moon in July 1969.',
  '- **Person:** Neil Armstrong\n- **Mission:** Apollo 11\n- **Year:** 1969',
  'It was Neil Armstrong, back in 1969, during the Apollo 11 mission. Buzz Aldrin followed him a little later.',
  'Neil Armstrong stepped onto the Moon on 20 July 1969, before Buzz Aldrin.',
];
const question = 'Who was the first person to walk on the Moon, and in what year did it happen?';

function keysOf(texts: readonly string[]) {
  const profiles = texts.map(profileOf);
  const kin = kinOf(profiles);
  return profiles.map((profile) => answerKeysOf(profile, areEnglish(profiles), kin));
}

/** The features by name of `text` beside the honest answers and more. */
function featuresOf(text: string, ...more: readonly string[]): Record<string, number> {
  const [prompt, own, ...others] = keysOf([question, text, ...honest, ...more]);
  if (prompt === undefined || own === undefined) throw new Error('no keys');
  const { features } = keyConflictOf(own, prompt, others);
  return Object.fromEntries(keyConflictNames.map((name, at) => [name, features[at] ?? Number.NaN]));
}

describe('answerKeysOf', () => {
  it('keeps symbols that are function words of another language, and removes the letter of a unit', () => {
    const [gold, blood, heat] = keysOf(['The symbol of the metal is Au.', 'It is O negative.', 'At 100 °C']);
    expect([...(gold?.words ?? [])]).toEqual(['symbol', 'metal', 'au']);
    expect([...(blood?.words ?? [])]).toEqual(['o', 'negati']);
    expect([...(heat?.places.keys() ?? [])]).toEqual(['100']);
  });

  it('treats inflected forms as one word, and rounded numbers as equal', () => {
    const [one, other] = keysOf(['A virus, of 42.195 km in length', 'Viruses, 42.2 km']);
    expect([...(other?.words ?? [])]).toEqual(['viru']);
    expect(one?.words.has('viru')).toBe(true);
    const [rounded] = keysOf(['about 1.3 seconds']);
    expect(rounded !== undefined && hasKey(rounded, '1.28', true)).toBe(true);
    const [short] = keysOf(["That's O neg."]);
    expect(short !== undefined && hasKin(short, 'negati') && !hasKin(short, 'posit')).toBe(true);
  });

  it('finds the alternatives of a question', () => {
    expect(keysOf(['Does sound travel faster or slower in it?'])[0]?.alternatives).toEqual([['faster', 'slower']]);
  });
});

describe('keySupport', () => {
  it('trusts terse answers, and gives no voice to a text that shares nothing', () => {
    const [prompt, ...others] = keysOf([question, ...honest, 'Please consult a qualified professional instead.']);
    if (prompt === undefined) throw new Error('no prompt');
    const { agreed } = keySupport(others, prompt);
    const [first] = agreed;
    expect(
      agreed
        .slice(0, 3)
        .map((one) => one.key)
        .sort(),
    ).toEqual(['1969', 'armstr', 'neil']);
    expect([first?.share, first?.voiced]).toEqual([1, 1]);
    expect(agreed.find((one) => one.key === 'apollo')?.voiced ?? 0).toBeLessThan(0.7);
  });
});

describe('keyConflictOf', () => {
  it('finds nothing in a right answer, however terse or long', () => {
    for (const text of ['Neil Armstrong, in 1969', `${honest[1]} He was born in Ohio, and he had been a test pilot.`]) {
      const found = featuresOf(text);
      expect([found.numberMissing, found.wordMissing, found.rival, found.topMissing]).toEqual([0, 0, 0, 0]);
    }
  });

  it('is not moved by a text that shares nothing with the rest', () => {
    const own = 'Neil Armstrong, 1967.';
    expect(featuresOf(own, 'Consult a qualified professional 1967 times.')).toEqual(featuresOf(own));
  });

  it('finds another number in the same place', () => {
    const found = featuresOf('Neil Armstrong, 1967.');
    expect(found.numberMissing).toBe(1);
    expect(found.numberReplaced).toBe(1);
    expect(found.numberInPlace).toBeGreaterThan(0.5);
    expect(found.wordMissing).toBe(0);
  });

  it('finds another name, also one that others mention', () => {
    const found = featuresOf('It was Buzz Aldrin, in July 1969.');
    expect(found.wordMissing).toBe(1);
    expect(found.sureWord).toBeGreaterThan(0.5);
    expect(found.rival).toBeGreaterThan(0.3);
    expect(found.numberMissing).toBe(0);
  });

  it('finds the changed word of a copy', () => {
    const copy = '- **Person:** Yuri Gagarin\n- **Mission:** Apollo 11\n- **Year:** 1969';
    expect(featuresOf(copy).wordCopied).toBeGreaterThan(0.5);
    expect(featuresOf(honest[2] ?? '').wordCopied).toBe(0);
  });

  it('finds the other one of two alternatives', () => {
    const texts = ['Is sound faster or slower in water?', 'Slower.', 'Faster.', 'It is faster.', 'Faster, by far.'];
    const [prompt, own, ...others] = keysOf(texts);
    if (prompt === undefined || own === undefined) throw new Error('no keys');
    const at = keyConflictNames.indexOf('alternative');
    expect(keyConflictOf(own, prompt, others).features[at]).toBe(1);
    expect(keyConflictOf(others[0] ?? own, prompt, others.slice(1)).features[at]).toBe(0);
  });
});
