import { describe, expect, it } from 'vitest';
import { limits } from '../limits.ts';
import { answerSchemaFault, partAt } from './answer-schema.ts';

const deep = (levels: number): Record<string, unknown> => (levels === 0 ? {} : { not: deep(levels - 1) });

describe('answerSchemaFault', () => {
  it.each([
    ['nothing asked', {}],
    ['parts by pointer', { $defs: { item: { type: 'string' } }, items: { $ref: '#/$defs/item' } }],
    ['a recursive part', { properties: { next: { $ref: '#' } } }],
    ['properties named like keywords', { properties: { $id: { type: 'string' }, $ref: { type: 'string' } } }],
    ['keywords in data', { const: { $ref: 'https://schemas.test/a', $anchor: 'a' } }],
    ['a name of the whole', { $id: 'https://schemas.test/a', type: 'object' }],
    ['draft-07', { $schema: 'http://json-schema.org/draft-07/schema#' }],
  ])('takes %s', (_, schema) => expect(answerSchemaFault(schema)).toBeUndefined());

  it.each([
    ['a remote part', { items: { $ref: 'https://schemas.test/a' } }, /\$ref/],
    ['a pointer to nowhere', { items: { $ref: '#/$defs/item' } }, /\$ref/],
    ['a pointer through a prototype', { items: { $ref: '#/constructor' } }, /\$ref/],
    ['a part with a base of its own', { items: { $id: 'a' } }, /\$id/],
    ['a dynamic reference', { items: { $dynamicRef: '#a' } }, /\$dynamicRef/],
    ['another dialect', { $schema: 'http://json-schema.org/draft-04/schema#' }, /dialect/],
    ['too many bytes', { description: 'é'.repeat(limits.answerSchemaBytesMax / 2) }, /bytes/],
    ['too many levels', deep(limits.answerSchemaDepthMax + 1), /levels/],
    ['a value that JSON lacks', { maximum: Number.NaN }, /JSON/],
  ])('refuses %s', (_, schema, fault) => expect(answerSchemaFault(schema)).toMatch(fault));
});

describe('partAt', () => {
  it('follows the escapes of pointers', () => {
    expect(partAt({ 'a/b': { 'c~d e': 1 } }, '#/a~1b/c~0d%20e')).toBe(1);
    expect(partAt({}, '#/%')).toBeUndefined();
  });
});
