import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../encoding/bytes.ts';
import { encodeMessage } from '../encoding/decode.ts';
import { limits } from '../limits.ts';
import { buildTask } from './build-task.ts';
import { contentIdOf } from './content-id.ts';
import { taskRequestSchema } from './task.ts';
import { contentInputOf, decodeTaskMessage, encodeTaskMessage, type TaskMessage } from './task-message.ts';

const { task } = buildTask(
  taskRequestSchema.parse({ reference: 'r', prompt: 'p', submissions: [{ miner: 'm', output: 'o' }] }),
);
const decoded = (bytes: Uint8Array): TaskMessage => {
  const read = decodeTaskMessage(bytes);
  if (!read.ok) throw new Error(read.refusal.detail);
  return read.value;
};

const enclosing = (contents: ReadonlyMap<string, Uint8Array>) =>
  Object.fromEntries([...contents].map(([cid, bytes]) => [cid, contentInputOf(bytes)]));

describe('a task message', () => {
  it('carries the task, and in earlier versions small content, which is read byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.string({ unit: 'binary' }), (bytes, text) => {
        const brought = new Map([bytes, utf8(text), utf8(`\ufeff${text}`)].map((one) => [contentIdOf(one), one]));
        const message = decoded(encodeMessage({ ...task, enclosed: enclosing(brought) }));
        expect(message.task).toEqual(task);
        for (const [cid, content] of brought) expect(message.enclosed(cid)).toEqual(Uint8Array.from(content));
      }),
    );
  });

  it('carries no content', () => {
    const message = decoded(encodeTaskMessage(task));
    expect(message.task).toEqual(task);
    expect(message.enclosed(task.prompt.cid)).toBeUndefined();
    expect(message.enclosed('constructor')).toBeUndefined();
  });

  it.each([
    ['another id', { ...task, taskId: `0x${'11'.repeat(32)}` }, /not the digest/],
    ['content under no CID', { ...task, enclosed: { prompt: 'p' } }, /enclosed/],
    ['content that is no text', { ...task, enclosed: { [task.prompt.cid]: 5 } }, /enclosed/],
    ['a field of its own', { ...task, note: 'n' }, /note/],
    ['a lone surrogate', { ...task, reference: '\ud800' }, /surrogate/],
  ])('is refused with %s', (_, value, detail) => {
    expect(decodeTaskMessage(encodeMessage(value))).toMatchObject({
      ok: false,
      refusal: { code: 'malformed', detail: expect.stringMatching(detail) },
    });
  });

  it('is refused with more contents than a task can have', () => {
    const texts = Array.from({ length: limits.submissionsMax + 2 }, (_, index) => utf8(`text ${index}`));
    const many = new Map(texts.map((one) => [contentIdOf(one), one]));
    expect(decodeTaskMessage(encodeMessage({ ...task, enclosed: enclosing(many) }))).toMatchObject({ ok: false });
  });
});
