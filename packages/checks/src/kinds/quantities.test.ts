import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profileOf } from '../text/text-profile.ts';
import { amountsOf, isSameAmount } from './quantities.ts';
import { amountConflict, newAmounts } from './quantity-conflict.ts';

const amounts = (text: string) => amountsOf(profileOf(text));
const isSame = (a: string, b: string): boolean => {
  const [one, other] = [amounts(a), amounts(b)];
  return one.some((mine) => other.some((theirs) => isSameAmount(mine, theirs)));
};

describe('amountsOf', () => {
  it.each([
    ['1.5 km', '1,500 metres'],
    ['1.5 km', 'fifteen hundred meters'],
    ['1,5 Kilometer', '1500 m'],
    ['42.195 kilometres', '42.2 km'],
    ['20 °C', '68 degrees Fahrenheit'],
    ['−40 ℃', '-40 °F'],
    ['299 792 458 m/s', '186,000 miles per second'],
    ['3 × 10⁸ m/s', 'about 300,000 km/s'],
    ['1.08 billion km/h', '3×10^8 metres per second'],
    ['eleven pounds', '4.99 kg'],
    ['2 GB', '2048 MiB'],
    ['5 square kilometres', '500 ha'],
    ['5 km²', '5,000,000 m^2'],
    ['2½ hours', '150 minutes'],
    ['3/4 h', '45 min'],
    ['eighty kilometres an hour', '49.7 mph'],
    ['100 kcal', '418 kJ'],
    ['２５ ㎝', '0.25 m'],
  ])('reads %s like %s', (one, other) => expect(isSame(one, other)).toBe(true));

  it.each([
    ['1.5 km', '1.6 km'],
    ['20 °C', '70 °F'],
    ['3 × 10^6 m/s', '300,000 km/s'],
    ['5 m', '5 m²'],
    ['2 GB', '200 MB'],
  ])('tells %s from %s', (one, other) => expect(isSame(one, other)).toBe(false));

  it.each(['born in 1969 in Berlin', 'at 5 pm', 'three a day', '5 apples', '3:05 h', 'x^2 m'])(
    'reads none in %s',
    (text) => expect(amounts(text)).toEqual([]),
  );

  it('is total on any text', () => {
    const part = fc.constantFrom(...'5 1.5 1/2 million × 10^ km m /h per square °C - , pounds fl oz'.split(' '));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'grapheme' }),
          fc.array(part).map((all) => all.join(' ')),
        ),
        (text) => amounts(text).every(({ value, slack }) => Number.isFinite(value) && slack >= 0),
      ),
    );
  });
});

describe('amountConflict', () => {
  const others = ['5 kg ≈ 11.02 lb', 'Eleven pounds.', '11.0 lbs', '4.99 kg'].map(amounts);

  it('finds another amount than that of the others in any unit', () => {
    expect(amountConflict(amounts('2.27 lb'), others)).toMatchObject({ own: '2.27 lb', count: 4, of: 4 });
    expect(amountConflict(amounts('4,990 grams'), others)).toMatchObject({ own: undefined });
  });

  it('finds none without agreement, nor where another answer gives the same amount', () => {
    expect(amountConflict(amounts('2.27 lb'), ['1 kg', '2 kg', '3 kg'].map(amounts))).toBeUndefined();
    expect(amountConflict(amounts('2.27 lb'), [...others, ...['2.27 lb', '2.27 lb'].map(amounts)])).toBeUndefined();
    expect(amountConflict(amounts('3 hours'), others)).toBeUndefined();
  });

  it('leaves out what the question gives, but not where it is worth the same in another unit', () => {
    const found = newAmounts(amounts('5 kg is 11.02 lb'), amounts('Convert 5 kg to pounds.'));
    expect(found.map(({ text }) => text)).toEqual(['11.02 lb']);
  });
});
