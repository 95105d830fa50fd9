import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { certifiedReportSchema } from '../report/certified-report.ts';
import { taskRequestSchema } from '../task/task.ts';
import { checkShape } from './decode.ts';
import { issueText } from './issue-text.ts';

/** What Zod says by itself. */
const zodWords = /Invalid|expected|received|Too (small|big)|Unrecognized|Unknown|NaN|Cannot/;

/** Values of every type and size, for any field. */
const anything = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  1e9,
  Number.NaN,
  '',
  'x',
  'x'.repeat(300_000),
  [],
  [1],
  {},
  { a: 1 },
];

const request = {
  reference: 'r',
  policy: 'standard',
  parameters: { model: 'm', modelDigest: `0x${'1'.repeat(64)}`, seed: 1, temperatureMilli: 0 },
  prompt: 'p',
  submissions: [{ miner: 'm', output: { sealed: 'AAAA' }, commitment: `sha256:${'1'.repeat(64)}`, signature: '0x' }],
};

/** The value with each of its fields, at any depth, replaced by each of the others, and with one field more. */
function* variants(value: unknown): Generator<unknown> {
  yield* anything;
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    yield Array.from({ length: 2_000 }, () => value[0]);
    for (const [index, one] of value.entries()) for (const other of variants(one)) yield value.with(index, other);
    return;
  }
  yield { ...value, more: 1 };
  for (const [name, one] of Object.entries(value)) for (const other of variants(one)) yield { ...value, [name]: other };
}

describe('issueText', () => {
  it.each([
    ['a task', taskRequestSchema, request],
    ['a report', certifiedReportSchema, { version: 1, task: {}, results: [{}], transaction: { hash: '' } }],
  ])('says in words of this project what is wrong with %s', (_, schema, value) => {
    const details = new Set<string>();
    for (const bad of variants(value)) {
      const checked = checkShape<unknown>(schema, bad);
      if (!checked.ok) details.add(checked.refusal.detail);
    }
    expect(details.size).toBeGreaterThan(4);
    expect([...details].filter((detail) => zodWords.test(detail))).toEqual([]);
  });

  it.each<[string, z.ZodType, unknown, string]>([
    ['a literal', z.literal(1), 2, 'must be 1'],
    ['a choice', z.enum(['a', 'b']), 'c', 'must be a or b'],
    ['a union', z.union([z.string(), z.number()]), true, 'has none of the forms that it may have'],
    ['a URL', z.url(), 'x', 'must be a URL'],
    ['another form', z.email(), 'x', 'must be in another form'],
    ['a key', z.record(z.string().max(1), z.number()), { ab: 1 }, 'has a wrong entry'],
    ['a number from a text', z.coerce.number(), 'x', 'must be a number'],
    ['a date', z.date(), 'x', 'must be of another type'],
    ['a short text', z.string().min(2), 'x', 'has fewer than 2 characters'],
    ['a short list', z.array(z.number()).min(2), [1], 'has fewer than 2 entries'],
    ['a small number', z.int().min(1), 0, 'must be at least 1'],
    ['steps', z.number().multipleOf(5), 3, 'must be a multiple of 5'],
    ['a rule without words', z.string().refine(() => false), 'x', 'is not valid'],
    ['a rule with words', z.string().refine(() => false, 'is odd'), 'x', 'is odd'],
  ])('knows %s', (_, schema, value, says) => {
    expect(schema.safeParse(value, { error: issueText }).error?.issues[0]?.message).toBe(says);
  });

  it('names an unknown field itself', () => {
    const checked = checkShape(taskRequestSchema, { ...request, promt: 'p' });
    expect(checked).toMatchObject({ ok: false });
    const strict = checkShape(z.strictObject({ a: z.strictObject({}) }), { a: { b: 1 } });
    expect(strict).toMatchObject({ refusal: { field: 'a.b', detail: 'a.b: is not a known field' } });
  });
});
