import { describe, expect, it } from 'vitest';
import { profileOf } from '../text/text-profile.ts';
import { isChangedCopy } from './changed-copy.ts';
import { othersOf, peerGroupOf } from './peer-group.ts';

const told =
  'The first modern Summer Olympic Games were held in Athens in 1896, and about 240 men from fourteen countries took part.';

function isChanged(a: string, b: string): boolean {
  const [one, other] = [profileOf(a), profileOf(b)];
  expect(isChangedCopy(other, one)).toBe(isChangedCopy(one, other));
  return isChangedCopy(one, other);
}

describe('a changed copy', () => {
  it.each([
    ['a name', told.replace('Athens', 'Paris')],
    ['a name of more words', told.replace('Athens', 'Rio de Janeiro')],
    ['a number', told.replace('1896', '1908')],
    ['the first word', told.replace('The first', 'Third')],
    ['the last word', told.replace('took part', 'took gold')],
    ['a negation that is added', told.replace('were held', 'were not held')],
  ])('has another one of: %s', (_, changed) => {
    expect(isChanged(told, changed)).toBe(true);
  });

  it.each([
    ['the same text', told],
    ['a sentence more', `${told} That is what is commonly known about it.`],
    ['an opening', `Good question, and easy to answer. ${told}`],
    ['another function word', told.replace('and about', 'but about')],
    ['a word less', told.replace('modern ', '')],
    ['other marks', told.replace(', and', ' – and').toUpperCase()],
  ])('is not: %s', (_, same) => {
    expect(isChanged(told, same)).toBe(false);
  });

  it('is a text of its own, which the copied one is held against', () => {
    const long = `${told} Most of the athletes were Greek, and the winners were given a silver medal, a branch of olive and
      a diploma. The marathon was run for the first time, from a town of that name to the stadium in the city.`;
    const texts = [long, long.replace('1896', '1908'), `${long} So it is.`];
    const group = peerGroupOf(profileOf('Where and when?'), texts.map(profileOf));
    expect(group.members.map(({ duplicateOf }) => duplicateOf)).toEqual([undefined, undefined, 0]);
    const [first] = group.members;
    expect(first === undefined ? [] : othersOf(group, first).map(({ index }) => index)).toEqual([1]);
  });
});
