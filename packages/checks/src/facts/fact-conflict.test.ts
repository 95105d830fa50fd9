import { describe, expect, it } from 'vitest';
import { profileOf } from '../text/text-profile.ts';
import { factConflicts } from './fact-conflict.ts';
import { factsOf, plainNumber } from './stated-facts.ts';

const facts = (text: string) => factsOf(profileOf(text));
const prompt = facts('When was the bridge over the Lorne opened, and who designed it?');
const others = [
  'The bridge was opened in 1912 and designed by Clara Winslow.',
  'It opened in 1912. The bridge was designed by Clara Winslow, an engineer.',
  'The bridge over the Lorne, designed by Clara Winslow, was opened in 1912 after six years of work.',
  'Designed by Clara Winslow, the bridge was opened to the public in 1912.',
].map(facts);

describe('factConflicts', () => {
  it.each([
    ['number', 'The bridge was opened in 1934 and designed by Clara Winslow.'],
    ['name', 'The bridge was opened in 1912 and designed by Tobias Renner.'],
    [
      'negation',
      'The bridge was not opened in 1912. It was never designed by Clara Winslow, and no engineer did six years of work.',
    ],
  ] as const)('finds a wrong %s', (kind, text) => {
    expect(factConflicts(facts(text), prompt, others)[kind]).toBeGreaterThanOrEqual(6_000);
  });

  it('finds nothing in a right answer, and in one that omits facts', () => {
    for (const text of [
      'Clara Winslow designed the bridge, which opened in 1912.',
      'It was opened early in the last century.',
    ]) {
      const found = factConflicts(facts(text), prompt, others);
      expect([found.number, found.name, found.negation]).toEqual([0, 0, 0]);
    }
  });

  it('names the decisive words, and finds nothing with two others', () => {
    const wrong = facts('The bridge was opened in 1934 and designed by Clara Winslow.');
    expect(factConflicts(wrong, prompt, others).decisive).toContain('1934 against 1912');
    expect(factConflicts(wrong, prompt, others.slice(0, 2)).number).toBe(0);
  });
});

describe('plainNumber', () => {
  it.each([
    ['4,200', '4200'],
    ['1.000.000', '1000000'],
    ['3,50', '3.5'],
    ['72.04', '72.04'],
    ['14:35', '14:35'],
    ['7.0', '7'],
  ])('%s is %s', (written, plain) => {
    expect(plainNumber(written)).toBe(plain);
  });
});
