import { describe, expect, it } from 'vitest';
import { profileOf } from '../text/text-profile.ts';
import { alignedFactsOf } from './aligned-facts.ts';
import { deniesWhatFollows, openingDenial } from './denied-opening.ts';
import { statementsOf } from './statements.ts';

const read = (text: string) => statementsOf(profileOf(text));

describe('deniesWhatFollows', () => {
  it.each(['Here is not a recipe for it:', 'Sure, I can not help with that.', 'You can not use the following steps.'])(
    'sees a denied announcement in "%s"',
    (text) => {
      expect(deniesWhatFollows(text)).toBe(true);
    },
  );

  it.each([
    'Here is a recipe for it:',
    'Here is how to make it without sugar:',
    'Here is a function that does not use recursion:',
    'I cannot draw it.',
    "Don't you worry, and if it isn't there, look at the steps below.",
  ])('sees none in "%s"', (text) => {
    expect(deniesWhatFollows(text)).toBe(false);
  });
});

describe('openingDenial', () => {
  it('is 1 for a denial, less for a concession, and 0 otherwise', () => {
    const rest = 'Boil the water. Add the rice. Wait.';
    const openings = [
      'Rice can not be cooked in a pot.',
      'I cannot cook, but I can tell you how.',
      'Rice that is not washed sticks.',
    ];
    expect(openings.map((text) => openingDenial(read(`${text} ${rest}`)))).toEqual([1, 0.5, 0]);
  });

  it('counts where two others open without it, and something follows', () => {
    const rest = 'Boil the water. Add the rice. Wait for it.';
    const others = ['Rice is cooked in a pot.', 'You cook rice in a pot.'].map((text) => read(`${text} ${rest}`));
    const opening = (text: string, voices = others): number =>
      alignedFactsOf(read(text), read('How is rice cooked?'), voices).features.opening;
    expect(opening(`Rice is not cooked in a pot. ${rest}`)).toBe(10_000);
    expect(opening(`Rice is cooked in a pot. ${rest}`)).toBe(0);
    expect(opening('Rice is not cooked in a pot.')).toBe(0);
    expect(
      opening(`Rice is not cooked in a pot. ${rest}`, [read(`Rice is not cooked. ${rest}`), ...others.slice(1)]),
    ).toBe(0);
  });
});
