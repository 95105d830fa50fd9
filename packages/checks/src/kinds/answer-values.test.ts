import { describe, expect, it } from 'vitest';
import { answerValuesOf, optionListsOf } from './answer-values.ts';

describe('optionListsOf', () => {
  it.each([
    ['Classify it as Positive, Negative or Neutral: "It broke."', [['positive', 'negative', 'neutral']]],
    ['Is this spam or ham? One word.', [['spam', 'ham']]],
    ['Choose one: A, B, C, or D.', [['A', 'B', 'C', 'D']]],
    ['Route it to one of billing, technical, sales.', [['billing', 'technical', 'sales']]],
    ['Why is the sky blue?', []],
  ])('reads %s', (prompt, lists) => expect(optionListsOf(prompt)).toEqual(lists));
});

describe('answerValuesOf', () => {
  const asked = (...options: string[]) => ({ options: [options], isMaths: false, isIntegral: false });
  const nothing = { options: [], isMaths: false, isIntegral: false };
  const choice = (text: string, ...options: string[]) => answerValuesOf(text, asked(...options)).get('choice 0');

  it('finds the one option that an answer names, in prose or JSON', () => {
    expect(choice('Label: **Neutral**', 'positive', 'negative', 'neutral')).toBe('neutral');
    expect(choice('{"queue": "billing"}', 'billing', 'sales')).toBe('billing');
    expect(choice('(B)', 'A', 'B')).toBe('B');
    expect(choice('A good one is B.', 'A', 'B')).toBe('B');
    expect(choice('Neither positive nor negative', 'positive', 'negative')).toBeUndefined();
  });

  it.each([
    '15 June 1215',
    '1215-06-15',
    '15/06/1215',
    'June 15th, 1215',
    'On the 15th of June, 1215.',
    'Der 15. Juni 1215',
  ])('reads the date in %s', (text) => expect(answerValuesOf(text, nothing).get('date')).toBe('1215-6-15'));

  it('reads no date where day and month could be either, or where there are two', () => {
    expect(answerValuesOf('05/06/1215', nothing).has('date')).toBe(false);
    expect(answerValuesOf('1215-06-15 or 1215-06-16', nothing).has('date')).toBe(false);
  });

  it('reads a row alike from a table, a table on its side and lines', () => {
    const tables = [
      '| Plan | Price | Seats |\n|---|---|---|\n| Team | 29 | 5 |\n| Basic | 9 | 1 |',
      '| | Team | Basic |\n|---|---|---|\n| Price | 29.00 | 9.00 |\n| Seats | 5 | 1 |',
      '**Team** — 29 a month, 5 seats\n**Basic** — 9 a month, 1 seat',
    ];
    expect(tables.map((text) => answerValuesOf(text, nothing).get('row team'))).toEqual(['29 5', '29 5', '29 5']);
  });

  it('reads the values of JSON by path, fenced or not, and survives what is none', () => {
    expect(answerValuesOf('```json\n{"a": {"b": ["X"]}}\n```', nothing).get('json.a.b.0')).toBe('x');
    expect(answerValuesOf('{"a": ', nothing).size).toBe(0);
  });

  it('sets reasoning aside', () => {
    expect(choice('<think>positive? no</think>negative', 'positive', 'negative')).toBe('negative');
  });
});
