import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { piecesOf, segmentChars, segmentsMax, segmentsOf } from './segment-text.ts';

const sentence = 'The tide rises twice a day because the Earth turns under two bulges of water. ';

describe('segmentsOf', () => {
  it('ends at ends of sentences, from a length on', () => {
    const segments = segmentsOf(sentence.repeat(12));
    expect(segments.map((one) => one.length / sentence.length)).toEqual([4, 4, 4]);
    expect(segmentsOf(sentence)).toEqual([sentence]);
    expect(segmentsOf('')).toEqual([]);
  });

  it('does not cut at a point inside a number or a name', () => {
    const text = `${'It weighs 3.25 kg at example.org today and '.repeat(8)}that is all. ${sentence.repeat(4)}`;
    expect(segmentsOf(text)[0]?.endsWith('that is all. ')).toBe(true);
  });

  it('adds a short remainder to the segment before it', () => {
    const segments = segmentsOf(`${sentence.repeat(4)}The end.`);
    expect(segments).toHaveLength(1);
  });

  it('joined is the text, for any text, and there are never too many', () => {
    const text = fc.string({ unit: 'binary', maxLength: 2_000 });
    const lines = fc.array(fc.constantFrom(sentence, '\n', '- item', '。', 'a', ' ')).map((all) => all.join(''));
    fc.assert(
      fc.property(fc.oneof(text, lines), (one) => {
        const segments = segmentsOf(one);
        expect(segments.join('')).toBe(one);
        expect(segments.length).toBeLessThanOrEqual(segmentsMax);
        expect(segments.every((segment) => segment !== '')).toBe(true);
      }),
    );
    expect(segmentsOf(sentence.repeat(20_000)).length).toBeLessThanOrEqual(segmentsMax);
  });

  it('takes a text without any stop in one go, however long', () => {
    expect(segmentsOf('word '.repeat(100_000))).toHaveLength(1);
    expect(segmentChars).toBeGreaterThan(0);
  });
});

describe('piecesOf', () => {
  const chunk = (text: string): string[] => text.match(/[\s\S]{1,100}/gu) ?? [];

  it('cuts segments that are too long for the model, and loses nothing', () => {
    const text = sentence.repeat(12);
    const pieces = piecesOf(text, chunk, 100);
    expect(pieces.join('')).toBe(text);
    expect(pieces.every((piece) => piece.length <= 100)).toBe(true);
  });

  it('refuses a text of too many pieces', () => {
    expect(() => piecesOf(sentence.repeat(12), chunk, 3)).toThrow('more than 3 pieces');
  });
});
