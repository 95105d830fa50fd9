import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalText } from './text-normal.ts';
import { containment, gramsOf, medianOf, profileOf, stemOf } from './text-profile.ts';

describe('normalText', () => {
  it('removes invisible characters and folds look-alikes within a word', () => {
    expect(normalText('ig\u200bn\u043ere\u202e')).toEqual({ text: 'ignore', hiddenCount: 3 });
    expect(normalText('Привет, мир').hiddenCount).toBe(0);
    expect(normalText('👩‍💻 ok').hiddenCount).toBe(0);
    expect(normalText('ｆｕｌｌ').text).toBe('full');
  });
});

describe('profileOf', () => {
  it('finds words, numbers and where sentences begin', () => {
    const { tokens } = profileOf("It's 4,200 km. L'achat costs 3.5 €.");
    expect(tokens.map((token) => token.lower)).toEqual(["it's", '4,200', 'km', "l'achat", 'costs', '3.5']);
    expect(tokens.filter((token) => token.opensSentence).map((token) => token.lower)).toEqual(["it's", "l'achat"]);
  });

  it('takes each character of a script without blanks as a word, also right after letters of another', () => {
    const words = (text: string) => profileOf(text).tokens.map(({ written }) => written);
    expect(words('GPT模型有3层')).toEqual(['GPT', '模', '型', '有', '3', '层']);
    expect(words('USBケーブル')).toEqual(['USB', 'ケ', 'ー', 'ブ', 'ル']);
    expect(words('ລາວ ខ')).toEqual(['ລ', 'າ', 'ວ', 'ខ']);
  });

  it('sees where a sentence begins after the full stop of any script', () => {
    const opening = (text: string) => profileOf(text).tokens.flatMap((one) => (one.opensSentence ? [one.written] : []));
    expect(opening('यह सच है। वह नहीं')).toEqual(['यह', 'वह']);
    expect(opening('هل هذا صحيح؟ نعم')).toEqual(['هل', 'نعم']);
  });

  it('gives inflected forms one stem', () => {
    expect(stemOf('oceans')).toBe(stemOf('ocean'));
    expect(stemOf("l'achat")).toBe('achat');
    expect(stemOf('réfrigérateur')).toBe(stemOf('refrigerateurs'));
  });

  it('gives tokens that occur in the text, for any string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (raw) => {
        const { text, tokens } = profileOf(raw);
        for (const token of tokens) expect(text.slice(token.start, token.end)).toBe(token.written);
      }),
    );
  });
});

describe('small sums', () => {
  it('counts grams, shares and the median', () => {
    expect(gramsOf(profileOf('a b c').tokens, 2)).toEqual([' a b', ' b c']);
    expect(containment(['a', 'b'], new Set(['a']))).toBe(0.5);
    expect(containment([], new Set(['a']))).toBe(0);
    expect(medianOf([3, 1, 2])).toBe(2);
    expect(medianOf([])).toBe(0);
  });
});
