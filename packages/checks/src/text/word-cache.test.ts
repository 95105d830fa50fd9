import { expect, it } from 'vitest';
import { remembered } from './word-cache.ts';

it('computes short texts once, long ones each time, and stays bounded', () => {
  let computed = 0;
  const lengthOf = remembered((text) => {
    computed++;
    return text.length;
  });
  expect([lengthOf('abc'), lengthOf('abc'), lengthOf('a long, long text'), lengthOf('a long, long text')]).toEqual([
    3, 3, 17, 17,
  ]);
  expect(computed).toBe(3);
  for (let index = 0; index < 40_000; index++) lengthOf(String(index));
  expect(computed).toBe(40_003);
  expect(lengthOf('abc')).toBe(3);
});
