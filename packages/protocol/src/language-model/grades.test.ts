import { expect, it } from 'vitest';
import { gradesJsonSchema, readGrades } from './grades.ts';

it('lists the grades in the schema, so that a server need not know minimum and maximum', () => {
  expect(gradesJsonSchema(2)).toEqual({
    type: 'object',
    properties: Object.fromEntries(
      ['answer_1', 'answer_2'].map((name) => [name, { type: 'integer', enum: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }]),
    ),
    required: ['answer_1', 'answer_2'],
    additionalProperties: false,
  });
});

it('reads grades in order', () => {
  expect(readGrades('{"answer_2":0,"answer_1":10}', 2)).toEqual([10, 0]);
});

it.each([
  '{"answer_1":11}',
  '{"answer_1":-1}',
  '{"answer_1":1.5}',
  '{"answer_1":"7"}',
  '{"answer_1":7,"answer_2":7}',
  '{}',
  '7',
  'seven',
])('reads nothing else: %s', (text) => {
  expect(readGrades(text, 1)).toBeUndefined();
});
