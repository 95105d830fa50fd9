import { describe, expect, it } from 'vitest';
import { statedNumbers } from '../facts/stated-number.ts';
import { asciiDigits } from './digits.ts';
import { normalText } from './text-normal.ts';
import { profileOf } from './text-profile.ts';

describe('asciiDigits', () => {
  it('knows every digit of the basic plane that the normal form leaves', () => {
    const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));
    const left = all.filter((one) => /^\p{Nd}$/u.test(one) && !/^[0-9]$/.test(normalText(one).text));
    expect(left).toEqual([]);
  });

  it.each([
    ['٢٥', '25'],
    ['२५', '25'],
    ['২৫', '25'],
    ['๒๕', '25'],
    ['２５', '25'],
    ['۱۹۶۹', '1969'],
    ['٣٫٥', '3.5'],
    ['١٬٠٢٤', '1024'],
  ])('reads %s as %s', (written, number) => {
    expect(statedNumbers(profileOf(`= ${written} !`)).map(({ key }) => key)).toEqual([number]);
  });

  it('leaves other text as it is', () => {
    expect(asciiDigits('½ x² Ⅳ 五 ٫ 12.5')).toBe('½ x² Ⅳ 五 ٫ 12.5');
  });

  it('gives composed and decomposed accents, wide and narrow letters one form', () => {
    expect(normalText('de\u0301jeu\u0302ner').text).toBe(normalText('d\u00e9jeu\u0302ner').text);
    expect(normalText('ｶﾞ').text).toBe(normalText('ガ').text);
  });
});
