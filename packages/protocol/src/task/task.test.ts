import { describe, expect, it } from 'vitest';
import { checkShape } from '../encoding/decode.ts';
import { limits } from '../limits.ts';
import { exampleTask } from '../network/example-network.ts';
import { type TaskBody, taskIdOf, taskRequestSchema, taskSchema } from './task.ts';

const { task } = exampleTask();
const { taskId, ...body } = task;
const [first, second] = body.submissions;
if (first === undefined || second === undefined) throw new Error('The example has two submissions.');
const withId = (changed: TaskBody) => ({ ...changed, taskId: taskIdOf(changed) });
const refusal = (detail: RegExp) => ({
  ok: false,
  refusal: { code: 'malformed', detail: expect.stringMatching(detail) },
});

describe('task id', () => {
  it('changes with each field', () => {
    const variants: TaskBody[] = [
      body,
      { ...body, reference: 'other' },
      { ...body, policy: 'other' },
      { ...body, parameters: {} },
      { ...body, parameters: { ...body.parameters, seed: 2 } },
      { ...body, parameters: { ...body.parameters, modelDigest: `0x${'01'.repeat(32)}` } },
      { ...body, prompt: { ...body.prompt, bytes: 1 } },
      { ...body, prompt: { ...body.prompt, cid: first.cid } },
      { ...body, submissions: [first] },
      { ...body, submissions: [second, first] },
      { ...body, submissions: [{ ...first, miner: 'other' }, second] },
      { ...body, submissions: [{ ...first, cid: body.prompt.cid }, second] },
      { ...body, submissions: [{ ...first, commitment: `sha256:${'00'.repeat(32)}` }, second] },
      { ...body, submissions: [{ ...first, signature: `0x${'00'.repeat(65)}` }, second] },
    ];
    expect(new Set(variants.map(taskIdOf)).size).toBe(variants.length);
  });

  it('is equal for equal tasks, for any order of names, with or without the id', () => {
    expect(taskIdOf(Object.fromEntries(Object.entries(body).reverse()) as TaskBody)).toBe(taskId);
    expect(taskIdOf(structuredClone(task))).toBe(taskId);
  });
});

describe('a task on the bus', () => {
  it('fits its schema', () => {
    expect(checkShape(taskSchema, structuredClone(task))).toEqual({ ok: true, value: task });
  });

  it.each([
    ['an id that is another task’s', { ...task, reference: 'other' }, /^taskId: is not the digest/],
    ['an unknown field', { ...task, extra: 1 }, /extra/],
    ['an unknown field of a submission', { ...task, submissions: [{ ...first, extra: 1 }] }, /submissions\.0.*extra/],
    ['no submission', withId({ ...body, submissions: [] }), /^submissions/],
    [
      'a CID of another codec',
      withId({ ...body, prompt: { cid: 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi', bytes: 1 } }),
      /^prompt\.cid: must be a CIDv1/,
    ],
    [
      'a CID in capitals',
      withId({ ...body, prompt: { ...body.prompt, cid: body.prompt.cid.toUpperCase() } }),
      /^prompt\.cid/,
    ],
    [
      'a CID that is too short',
      withId({ ...body, prompt: { ...body.prompt, cid: body.prompt.cid.slice(0, -1) } }),
      /^prompt\.cid/,
    ],
    [
      'a commitment by an unknown algorithm',
      withId({ ...body, submissions: [{ ...first, commitment: `md5:${'0'.repeat(64)}` }] }),
      /commitment: must be sha256/,
    ],
    [
      'a prompt that is too long',
      withId({ ...body, prompt: { ...body.prompt, bytes: limits.promptBytesMax + 1 } }),
      /^prompt\.bytes/,
    ],
    [
      'a miner’s address that is not in lower case: the chain would not find it',
      withId({ ...body, submissions: [{ ...first, miner: `0x${'aB'.repeat(20)}` }] }),
      /miner: .*lower case/,
    ],
    ['a miner with a space', withId({ ...body, submissions: [{ ...first, miner: 'a b' }] }), /miner: may have letters/],
  ])('is refused with %s', (_, value, detail) => {
    expect(checkShape(taskSchema, value)).toMatchObject(refusal(detail));
  });

  it('is refused with two submissions of one miner', () => {
    const value = withId({ ...body, submissions: [first, { ...second, miner: first.miner }] });
    expect(checkShape(taskSchema, value)).toMatchObject(refusal(/two submissions of one miner/));
  });
});

describe('a task request', () => {
  const request = { reference: 'r', prompt: 'p', submissions: [{ miner: 'm', output: 'o' }] };
  const many = (count: number) => Array.from({ length: count }, (_, index) => ({ miner: `m${index}`, output: 'o' }));
  const output = (value: unknown) => ({ ...request, submissions: [{ miner: 'm', output: value }] });

  it('gets the policy `standard` and no parameters unless it says so', () => {
    expect(checkShape(taskRequestSchema, request)).toEqual({
      ok: true,
      value: { ...request, policy: 'standard', parameters: {} },
    });
  });

  it('may reach its limits', () => {
    const largest = {
      ...request,
      reference: 'r'.repeat(limits.referenceCharsMax),
      prompt: 'p'.repeat(limits.promptBytesMax),
      submissions: many(limits.submissionsMax).map((one) => ({
        ...one,
        output: 'é'.repeat(limits.outputBytesMax / 2),
      })),
    };
    expect(checkShape(taskRequestSchema, largest)).toMatchObject({ ok: true });
  });

  it.each([
    ['an unknown field', { ...request, quorum: 1 }, /quorum/],
    [
      'too many submissions',
      { ...request, submissions: many(limits.submissionsMax + 1) },
      new RegExp(`^submissions: .*${limits.submissionsMax}`),
    ],
    ['no submission', { ...request, submissions: [] }, /^submissions/],
    [
      'two submissions of one miner',
      { ...request, submissions: [...many(1), ...many(1)] },
      /^submissions: has two submissions of one miner/,
    ],
    [
      'a prompt that is too long',
      { ...request, prompt: 'p'.repeat(limits.promptBytesMax + 1) },
      new RegExp(`^prompt: .*${limits.promptBytesMax} bytes`),
    ],
    [
      'an output too long in bytes, not in characters',
      output('é'.repeat(limits.outputBytesMax / 2 + 1)),
      new RegExp(`^submissions\\.0\\.output: .*${limits.outputBytesMax} bytes`),
    ],
    [
      'sealed content that is too long',
      output({ sealed: 'AAAA'.repeat(limits.outputBytesMax / 3 + 2) }),
      new RegExp(`sealed: .*${limits.outputBytesMax} bytes`),
    ],
    ['sealed content that is not base64', output({ sealed: '****' }), /sealed: .*base64/],
    [
      'a reference that is too long',
      { ...request, reference: 'r'.repeat(limits.referenceCharsMax + 1) },
      /^reference: .*128/,
    ],
    ['a seed that is no integer', { ...request, parameters: { seed: 0.5 } }, /^parameters\.seed/],
    [
      'a schema of answers with a remote part',
      { ...request, parameters: { answerSchema: { $ref: 'https://schemas.test/a' } } },
      /^parameters\.answerSchema/,
    ],
  ])('is refused with %s: the field and the limit are named', (_, value, detail) => {
    expect(checkShape(taskRequestSchema, value)).toMatchObject(refusal(detail));
  });
});
