import { describe, expect, it } from 'vitest';
import { profileOf } from '../text/text-profile.ts';
import { impliedOnes, isUnit, statedNumbers } from './stated-number.ts';

const keys = (text: string) => statedNumbers(profileOf(text)).map((number) => number.key);
const also = (text: string) => statedNumbers(profileOf(text)).flatMap((number) => [...number.also]);

describe('statedNumbers', () => {
  it.each([
    ['It departs at 3:05 pm.', ['15:05']],
    ['It leaves at five past three in the afternoon.', ['15:05']],
    ['You can catch it up to twenty to eleven in the evening.', ['22:40']],
    ['Be there at half past six on Thursday evening.', ['18:30']],
    ['The shop opens at 9 am.', ['9:00']],
    ['From 07:00 to 21:30', ['7:00', '21:30']],
    ['It has two to three doors.', ['2', '3']],
    ['two hundred and six bones', ['206']],
    ['element number seventy-nine', ['79']],
    ['the Twenty-sixth Amendment', ['26']],
    ['it splits into thirteen sevens', ['13', '7']],
    ['1/3 cup of walnuts', ['1/3']],
    ['a third of a cup', ['1/3']],
    ['384,400 km', ['384400']],
    ['1. First\n2. Second', []],
    ['one of the best', []],
    ['under one year of age', ['1']],
  ])('%s', (text, expected) => {
    expect(keys(text)).toEqual(expected);
  });

  it('converts an amount to related units, scales, and both clocks', () => {
    expect(also('not before 12 months')).toContain('1');
    expect(also('within a quarter of an hour')).toContain('15');
    expect(also('half a year for the battery')).toContain('6');
    expect(also('about 1.3 million people')).toContain('1.3');
    expect(keys('about 1.3 million people')).toEqual(['1300000']);
    expect(also('20 % off')).toContain('0.2');
    expect(also('at five past three')).toContain('15:05');
  });

  it('reads "a full year" as 1', () => {
    expect(impliedOnes(profileOf('until a child is a full year old'))).toEqual(expect.arrayContaining(['1', '12']));
    expect(impliedOnes(profileOf('a tall child'))).toEqual([]);
    expect([isUnit('hours'), isUnit('h'), isUnit('house')]).toEqual([true, false, false]);
  });
});
