import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromJson, toJson } from './json.ts';

const noPolicies = new Map();
const leaves = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt(),
  fc.uint8Array({ maxLength: 40 }),
);
const keys = fc.oneof(fc.string(), fc.constantFrom('$map', '$set', '$bigint', '$object', '$text', '$policy', '$'));
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof({ depthSize: 'small' }, leaves, tie('list'), tie('record'), tie('map'), tie('set')),
  list: fc.array(tie('tree'), { maxLength: 4 }),
  record: fc.dictionary(keys, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
  map: fc.array(fc.tuple(fc.string(), tie('tree')), { maxLength: 4 }).map((entries) => new Map(entries)),
  set: fc.array(fc.string(), { maxLength: 4 }).map((values) => new Set(values)),
}));

describe('the JSON form', () => {
  it('is exact both ways, whatever keys others chose', () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(fromJson(toJson(value, noPolicies), noPolicies)).toEqual(value);
      }),
    );
  });

  it('keeps bytes that are UTF-8 readable, and others exact', () => {
    const text = new TextEncoder().encode('\ufeff{"a":1}');
    expect(toJson(text, noPolicies)).toBe('{"$text":"\ufeff{\\"a\\":1}"}');
    expect(fromJson(toJson(Buffer.from([255, 0]), noPolicies), noPolicies)).toEqual(Uint8Array.of(255, 0));
  });

  it('names policies, and knows no other', () => {
    const policy = { name: 'standard' } as never;
    const policies = new Map([['standard', policy]]);
    expect(toJson({ policy }, policies)).toBe('{"policy":{"$policy":"standard"}}');
    expect(fromJson(toJson({ policy }, policies), policies)).toEqual({ policy });
    expect(() => fromJson('{"$policy":"other"}', policies)).toThrow(/no policy "other"/);
    expect(() => fromJson('{"$what":1}', policies)).toThrow(/no form/);
  });
});
