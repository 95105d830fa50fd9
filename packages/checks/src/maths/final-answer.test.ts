import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expressionOf } from './expression.ts';
import { finalResultOf, mathsAskedBy } from './final-answer.ts';

describe('finalResultOf', () => {
  const family = (text: string) => finalResultOf(text)?.upToConstant;
  const value = (text: string) => finalResultOf(text)?.value;

  it('finds antiderivatives the same that differ by a constant, in every form', () => {
    const right = [
      '$-\\tfrac12\\cos^2 x + C$ (the constant absorbs the difference to other forms)',
      'Substitute u = sin x: ∫ u du = u^2/2 + C = (sin^2x)/2 + C.',
      '−1/4 cos(2x) + C',
      '\\frac{1}{2}\\sin^2 x + C',
      'sin(x)^2/2 + const.',
    ];
    expect(new Set(right.map(family)).size).toBe(1);
    expect(family('sin^2 x + C')).not.toBe(family(right[0] ?? ''));
    expect(family('\\frac{1}{2}\\cos(2x) + C')).not.toBe(family(right[0] ?? ''));
  });

  it.each([
    ['\\boxed{\\frac{\\sqrt{3}}{2}}', 'So it is √3/2'],
    ['x = 2 or x = 3', 'The solutions are $x = 3, x = 2$'],
    ['x = (-1 ± √5)/2', '\\[ x = \\frac{-1 \\pm \\sqrt{5}}{2} \\]'],
    ['**Answer:** (x-2)(x-3)', '$$x^2 - 5x + 6$$'],
    ['2 1/3', '\\frac{7}{3}'],
    ['1,024', '2^10'],
    ['arctan(x)', '\\tan^{-1} x'],
  ])('reads %s like %s', (one, other) => {
    expect(value(one)).toBeDefined();
    expect(value(one)).toBe(value(other));
  });

  it.each(['No idea.', 'It depends on the day', '((((((((1))))))))', '9^9^9^9', '\\infty', '\\boxed{', ''])(
    'reads nothing in %s',
    (text) => expect(finalResultOf(text)).toBeUndefined(),
  );

  it('is quick on any text', () => {
    const mark = fc.constantFrom(
      ...'( ) { } ^ _ \\frac \\sqrt \\left( \\right) | x 2 + - / = , \\sin \\pm $ \\boxed{'.split(' '),
    );
    fc.assert(
      fc.property(fc.array(mark, { maxLength: 120 }), (marks) => {
        const text = marks.join('');
        const start = performance.now();
        finalResultOf(text);
        expressionOf(text);
        expect(performance.now() - start).toBeLessThan(1_000);
      }),
      { numRuns: 300 },
    );
  });
});

describe('mathsAskedBy', () => {
  it.each([
    ['Find ∫ sin x cos x dx.', true, true],
    ['Solve the equation x^2 = 4.', true, false],
    ['What is the capital of Peru?', false, false],
  ])('reads %s', (prompt, isMaths, isIntegral) => expect(mathsAskedBy(prompt)).toEqual({ isMaths, isIntegral }));
});
