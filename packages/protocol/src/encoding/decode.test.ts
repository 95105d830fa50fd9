import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosignatureSchema } from '../batch/certificate.ts';
import { proposalSchema } from '../batch/proposal.ts';
import { limits } from '../limits.ts';
import {
  exampleCertifiedReport,
  exampleCosignature,
  exampleNetwork,
  exampleObservations,
  exampleProposal,
  exampleTask,
} from '../network/example-network.ts';
import { observationSchema } from '../observation/observation.ts';
import { certifiedReportSchema } from '../report/certified-report.ts';
import { taskRequestSchema, taskSchema } from '../task/task.ts';
import { utf8 } from './bytes.ts';
import { checkShape, decodeMessage, encodeMessage } from './decode.ts';
import { digestSchema } from './fields.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const entry = { task, observations: exampleObservations(example, task) };
const proposal = exampleProposal(example, [entry]);
const messages = {
  task: [taskSchema, task],
  request: [taskRequestSchema, { reference: 'r', prompt: 'p', submissions: [{ miner: 'm', output: 'o' }] }],
  observation: [observationSchema, entry.observations[0]],
  proposal: [proposalSchema, proposal],
  cosignature: [cosignatureSchema, exampleCosignature(example, proposal, 0)],
  report: [certifiedReportSchema, exampleCertifiedReport(example, [entry])],
} as const;
const kinds = Object.keys(messages) as (keyof typeof messages)[];
const refusedAs = (code: string) => ({ ok: false, refusal: { code } });

/** All paths in a JSON value. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, [...path, name]))];
}
function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return by;
  const copy: unknown = structuredClone(value);
  const inner = (copy as Record<string, unknown>)[name];
  (copy as Record<string, unknown>)[name] = replaced(inner, rest, by);
  return copy;
}

describe('decoding', () => {
  it.each(kinds)('decodes what was encoded: %s', (kind) => {
    const [schema, value] = messages[kind];
    expect(decodeMessage<unknown>(schema, encodeMessage(value))).toMatchObject({ ok: true, value });
  });

  it('never throws on bytes', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(utf8));
    fc.assert(
      fc.property(fc.constantFrom(...kinds), bytes, (kind, data) => {
        expect(decodeMessage<unknown>(messages[kind][0], data)).toMatchObject(refusedAs('malformed'));
      }),
      { numRuns: 300 },
    );
  });

  it('never throws on a message with one part replaced, also by a lone surrogate', () => {
    const odd = fc.constantFrom('\ud800', 'x\udc00', -0, 1e300, '__proto__', { constructor: 1 });
    const changes = fc
      .constantFrom(...kinds)
      .chain((kind) =>
        fc.tuple(fc.constant(kind), fc.constantFrom(...pathsOf(messages[kind][1])), fc.oneof(fc.jsonValue(), odd)),
      );
    fc.assert(
      fc.property(changes, ([kind, path, by]) => {
        const [schema, value] = messages[kind];
        expect(decodeMessage<unknown>(schema, encodeMessage(replaced(value, path, by)))).toHaveProperty('ok');
      }),
      { numRuns: 1_000 },
    );
  });

  it('refuses text with a lone surrogate, which has no UTF-8 form and no digest', () => {
    expect(decodeMessage(taskSchema, encodeMessage({ ...task, reference: '\ud800' }))).toMatchObject(
      refusedAs('malformed'),
    );
    expect(
      checkShape(taskRequestSchema, { reference: 'r', prompt: '\ud800', submissions: [{ miner: 'm', output: 'o' }] }),
    ).toMatchObject(refusedAs('malformed'));
  });

  it('refuses bytes that are not UTF-8, not JSON, or too many', () => {
    const request = encodeMessage({ reference: 'r?', prompt: 'p', submissions: [{ miner: 'm', output: 'o' }] });
    const notUtf8 = request.map((byte) => (byte === '?'.charCodeAt(0) ? 0xff : byte));
    expect(decodeMessage(taskRequestSchema, request).ok).toBe(true);
    expect(decodeMessage(taskRequestSchema, notUtf8)).toMatchObject(refusedAs('malformed'));
    expect(decodeMessage(digestSchema, utf8('{'))).toMatchObject(refusedAs('malformed'));
    expect(decodeMessage(digestSchema, new Uint8Array())).toMatchObject(refusedAs('malformed'));
    const word = JSON.stringify(`0x${'00'.repeat(32)}`);
    expect(decodeMessage(digestSchema, utf8(word.padEnd(limits.messageBytesMax))).ok).toBe(true);
    expect(decodeMessage(digestSchema, utf8(word.padEnd(limits.messageBytesMax + 1)))).toMatchObject({
      ok: false,
      refusal: { code: 'too-long', detail: expect.stringContaining(String(limits.messageBytesMax)) },
    });
  });

  it('names the wrong field and what it must be', () => {
    expect(checkShape(observationSchema, { ...entry.observations[0], signature: '0x00' })).toMatchObject({
      ok: false,
      refusal: { field: 'signature', detail: expect.stringContaining('130 lower-case hexadecimal digits') },
    });
    expect(checkShape(observationSchema, { ...entry.observations[0], signature: 'abc' })).toMatchObject({
      ok: false,
      refusal: { field: 'signature', detail: expect.stringContaining('130 lower-case hexadecimal digits') },
    });
    expect(
      checkShape(taskRequestSchema, { reference: 'r', prompt: 5, submissions: [{ miner: 'm', output: 'o' }] }),
    ).toMatchObject({
      ok: false,
      refusal: { field: 'prompt', detail: expect.stringMatching(/text|string/) },
    });
  });

  it('a refusal fits a dead letter, however long a wrong name is', () => {
    const refused = decodeMessage(taskSchema, encodeMessage({ ...task, ['x'.repeat(500_000)]: 1 }));
    expect(refused.ok ? '' : refused.refusal.detail.length).toBeLessThan(2_000);
    expect(refused).toMatchObject(refusedAs('malformed'));
  });
});
