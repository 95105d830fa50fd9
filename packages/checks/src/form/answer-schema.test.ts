import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsSchema, schemaFault } from './answer-schema.ts';

const ticket = {
  type: 'object',
  properties: { queue: { enum: ['billing', 'sales'] }, days: { type: 'integer' } },
  required: ['queue'],
  additionalProperties: false,
};

describe('fitsSchema', () => {
  it.each(['{"queue": "billing", "days": 3}', '```json\n{ "queue": "sales" }\n```', 'Here it is: {"queue": "sales"}.'])(
    'takes %s',
    (text) => expect(fitsSchema(ticket, text)).toEqual({ fits: true }),
  );

  it.each([
    ['{"queue": "Billing"}', '/queue', /allowed values/],
    ['{"queue": "sales", "days": "3"}', '/days', /integer/],
    ['{"days": 3}', '', /required property 'queue'/],
    ['{"queue": "sales", "more": 1}', '', /additional/],
    ['{"queue": "sales"', '', /no JSON/],
    ['Sales.', '', /no JSON/],
  ])('finds what is wrong in %s', (text, where, what) => {
    expect(fitsSchema(ticket, text)).toEqual({ fits: false, where, what: expect.stringMatching(what) });
  });

  it('does not take what an object inherits for its own', () => {
    expect(fitsSchema({ required: ['constructor'] }, '{}').fits).toBe(false);
  });

  it('reads arrays of parts as draft-07 does, where the schema says so', () => {
    const older = { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'number' }] };
    expect(fitsSchema(older, '["x"]').fits).toBe(false);
    expect(fitsSchema({ prefixItems: [{ type: 'number' }] }, '["x"]').fits).toBe(false);
  });

  it('keeps patterns apart, and matches the worst of them in linear time', () => {
    const both = { properties: { a: { pattern: '^a+$' }, b: { pattern: '^(b+)+$' } } };
    expect(fitsSchema(both, '{"a": "aa", "b": "bb"}').fits).toBe(true);
    const start = performance.now();
    expect(fitsSchema(both, JSON.stringify({ a: 'aa', b: `${'b'.repeat(2_000)}c` })).fits).toBe(false);
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it.each([
    ['parts that double at each step', doubling(28), '"x"'],
    [
      'a part that refers to itself in place',
      { $defs: { a: { allOf: [{ $ref: '#/$defs/a' }] } }, $ref: '#/$defs/a' },
      '1',
    ],
    ['many elements to compare in pairs', { uniqueItems: true }, JSON.stringify(Array.from({ length: 400 }, String))],
    ['a long text to match', { pattern: '^(a+)+$' }, JSON.stringify('a'.repeat(100_000))],
    ['values deep in each other', { items: { $ref: '#' } }, '['.repeat(100) + ']'.repeat(100)],
  ])('does not begin with %s', (_, schema, text) => {
    expect(fitsSchema(schema, text).fits).toBeUndefined();
  });

  it('is total and quick on any answer', () => {
    const tree = {
      $defs: { node: { properties: { left: { $ref: '#/$defs/node' }, right: { $ref: '#/$defs/node' } } } },
    };
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), fc.string(), (json, text) => {
        const start = performance.now();
        fitsSchema({ ...tree, $ref: '#/$defs/node' }, json);
        fitsSchema(ticket, text);
        expect(performance.now() - start).toBeLessThan(1_000);
      }),
      { numRuns: 100 },
    );
  });
});

/** Each part asks twice for the next one: 2^`steps` validations. */
function doubling(steps: number): Record<string, unknown> {
  const parts = Array.from({ length: steps }, (_, at): [string, unknown] => {
    const next = { $ref: `#/$defs/part${at + 1}` };
    return [`part${at}`, { allOf: [next, next] }];
  });
  return { $defs: Object.fromEntries([...parts, [`part${steps}`, { type: 'string' }]]), $ref: '#/$defs/part0' };
}

describe('schemaFault', () => {
  it('takes a schema that can be used', () => expect(schemaFault(ticket)).toBeUndefined());

  it.each([
    ['an unknown type', { type: 'word' }],
    ['a pattern that RE2 cannot match', { pattern: '(?=a)a' }],
    ['a pattern that becomes too large', { pattern: '(?:[a-z]{1,100}[0-9]{1,100}){1,9}' }],
    ['a remote part', { $ref: 'https://schemas.test/a' }],
  ])('names what is wrong with %s', (_, schema) => expect(schemaFault(schema)).toBeDefined());
});
