import { describe, expect, it } from 'vitest';
import { isRounded } from '../text/rounding.ts';
import { tokensOf } from '../text/text-profile.ts';
import { spokenNumbers } from './spoken-number.ts';

describe('spokenNumbers', () => {
  it.each([
    ['sixty-eight dollars', ['68']],
    ['in nineteen ninety-four', ['1994']],
    ['two hundred and six bones', ['206']],
    ['the hundred degrees', ['100']],
    ['three thousand two hundred', ['3200']],
    ['five million people', ['5000000']],
    ['in twenty twenty-one', ['2021']],
    ['seven, eight', ['7', '8']],
    ['no one knows', []],
    ['the seventh place', ['7']],
  ])('reads %s', (text, numbers) => {
    expect(spokenNumbers(tokensOf(text))).toEqual(numbers);
  });
});

describe('isRounded', () => {
  it.each([
    ['343', '340', true],
    ['1642', '1640', true],
    ['1.28', '1.3', true],
    ['1.3', '13', false],
    ['1991', '1990', false],
    ['28', '30', false],
    ['206', '226', false],
    ['10:40', '11', false],
    ['7', '7', true],
  ])('%s against %s: %s', (a, b, same) => {
    expect([isRounded(a, b), isRounded(b, a)]).toEqual([same, same]);
  });
});
