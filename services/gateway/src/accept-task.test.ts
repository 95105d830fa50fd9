import { subjects } from '@assay/protocol/bus/subjects';
import { sha256Hex, utf8 } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import { exampleKey } from '@assay/protocol/network/example-network';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { submissionDigest } from '@assay/protocol/signature/typed-data';
import { contentIdOf } from '@assay/protocol/task/content-id';
import type { ContentPlace } from '@assay/protocol/task/content-place';
import { StoreFull } from '@assay/protocol/task/store-full';
import { describe, expect, it } from 'vitest';
import { acceptTask, checkTaskRequest } from './accept-task.ts';
import { requestOf, testGateway } from './gateway.fixture.ts';

const { gateway: shared } = testGateway();
const body = { reference: 'r', prompt: 'p', submissions: [{ miner: 'm-1', output: 'o' }] };
const sealed = { sealed: Buffer.from('sealed bytes').toString('base64') };
const minerKey = exampleKey(1_001);

/** The request with its only submission signed by a miner, over the fields changed by `over`. */
function signed(over: { readonly reference?: string; readonly output?: string } = {}) {
  const digest = submissionDigest(shared.view().network, {
    reference: over.reference ?? body.reference,
    promptCid: contentIdOf(utf8(body.prompt)),
    outputCid: contentIdOf(utf8(over.output ?? 'o')),
    commitment: '',
    modelDigest: '',
  });
  const submission = { miner: addressOf(minerKey), output: 'o', signature: signDigest(digest, minerKey) };
  return { ...body, policy: 'signed', submissions: [submission] };
}

const refusals: readonly [what: string, request: unknown, code: string, field: string | undefined][] = [
  ['nothing', undefined, 'malformed', '(whole)'],
  ['submissions beside the time of a question', { ...body, answersUntilMs: 1 }, 'malformed', 'answersUntilMs'],
  ['an unknown field', { ...body, more: 1 }, 'malformed', undefined],
  [
    'a schema of answers that is none',
    { ...body, parameters: { answerSchema: { type: 'word' } } },
    'malformed',
    'parameters.answerSchema',
  ],
  ['an empty reference', { ...body, reference: '' }, 'malformed', 'reference'],
  ['a lone surrogate', { ...body, prompt: '\ud800' }, 'malformed', 'prompt'],
  ['no submission', { ...body, submissions: [] }, 'malformed', 'submissions'],
  [
    'two submissions of one miner',
    { ...body, submissions: [...body.submissions, ...body.submissions] },
    'malformed',
    'submissions',
  ],
  [
    'a miner that is no name',
    { ...body, submissions: [{ miner: 'a b', output: 'o' }] },
    'malformed',
    'submissions.0.miner',
  ],
  ['a policy that nobody has', { ...body, policy: 'unheard-of' }, 'unknown-policy', 'policy'],
  ['plain text under a sealed policy', { ...body, policy: 'sealed' }, 'wrong-payload', 'prompt'],
  ['a sealed prompt under a public policy', { ...body, prompt: sealed }, 'wrong-payload', 'prompt'],
  [
    'one sealed output',
    { ...body, submissions: [{ miner: 'm-1', output: sealed }] },
    'wrong-payload',
    'submissions.0.output',
  ],
  ['a missing commitment', { ...body, policy: 'committed' }, 'commitment-required', 'submissions.0.commitment'],
  ['a missing signature', { ...body, policy: 'signed' }, 'signature-required', 'submissions.0.signature'],
  ['a signature for another output', signed({ output: 'x' }), 'forged', 'submissions.0.signature'],
  ['a signature for another task', signed({ reference: 'x' }), 'forged', 'submissions.0.signature'],
];

describe('checkTaskRequest', () => {
  it.each(refusals)('refuses %s and names the field', (_, request, code, field) => {
    const checked = checkTaskRequest(shared, request);
    expect(checked).toMatchObject({ ok: false, refusal: { code, ...(field === undefined ? {} : { field }) } });
  });

  it('accepts a text of maximum length, and not one byte more', () => {
    const prompt = 'x'.repeat(limits.promptBytesMax);
    expect(checkTaskRequest(shared, { ...body, prompt })).toMatchObject({ ok: true });
    const refused = checkTaskRequest(shared, { ...body, prompt: `${prompt}x` });
    expect(refused).toMatchObject({ ok: false, refusal: { field: 'prompt' } });
  });

  it("accepts a miner's own signature", () => {
    expect(checkTaskRequest(shared, signed())).toMatchObject({ ok: true });
  });

  it('accepts a commitment under a policy that requires one', () => {
    const commitment = `sha256:${sha256Hex(utf8('o')).slice(2)}`;
    const submissions = [{ ...body.submissions[0], commitment }];
    expect(checkTaskRequest(shared, { ...body, policy: 'committed', submissions })).toMatchObject({ ok: true });
  });
});

describe('acceptTask', () => {
  it('511 requests of 8 MiB: a client over its quota of content stores nothing, and is told when to come again', async () => {
    const { gateway } = testGateway();
    const stored: number[] = [];
    const counted = {
      ...gateway,
      contentStore: {
        ...gateway.contentStore,
        put: async (_: ContentPlace, contents: ReadonlyMap<string, Uint8Array>) => {
          for (const { length } of contents.values()) stored.push(length);
          return 'stored' as const;
        },
      },
      contentLimiter: {
        take: async (client: string, units = 1) => ({
          allowed: client !== 'greedy' || stored.reduce((sum, one) => sum + one, units) <= 3,
          retryAfterMs: 90_000,
        }),
      },
    };
    const from = (client: string, reference: string) =>
      acceptTask(counted, requestOf({ body: { ...body, reference }, client }));
    expect((await from('greedy', 'first')).status).toBe(202);
    expect(await from('greedy', 'second')).toMatchObject({
      status: 429,
      headers: { 'retry-after': '90' },
      body: { code: 'too-much-content' },
    });
    expect(stored).toHaveLength(2);
    expect((await from('modest', 'third')).status).toBe(202);
  });

  it('answers 503 with retry-after when the content store is full, and publishes nothing', async () => {
    const { gateway } = testGateway();
    const put = () => Promise.reject(new StoreFull('4 GiB'));
    const full = { ...gateway, contentStore: { ...gateway.contentStore, put } };
    expect(await acceptTask(full, requestOf({ body }))).toMatchObject({
      status: 503,
      headers: { 'retry-after': '60' },
      body: { code: 'content-store-full' },
    });
    expect(await gateway.bus.lastSequence('TASKS')).toBe(0);
  });

  it('stores the content, publishes the task once, and returns its id', async () => {
    const { gateway } = testGateway();
    const { status, body: answer } = await acceptTask(gateway, requestOf({ body }));
    expect(status).toBe(202);
    const { taskId } = answer as { taskId: `0x${string}` };
    const message = await gateway.bus.last('TASKS', subjects.task(taskId));
    const task = JSON.parse(new TextDecoder().decode(message?.data));
    expect(task).toMatchObject({ taskId, reference: 'r', policy: 'standard' });
    const place = { kind: 'task', id: taskId } as const;
    expect(await gateway.contentStore.get(task.prompt.cid, place)).toEqual(utf8('p'));
    expect(await gateway.contentStore.get(task.submissions[0].cid, place)).toEqual(utf8('o'));
  });

  it('answers the same task with 409 and its id, and does not publish it again', async () => {
    const { gateway } = testGateway();
    const first = await acceptTask(gateway, requestOf({ body }));
    const second = await acceptTask(gateway, requestOf({ body }));
    expect(second).toMatchObject({ status: 409, body: { code: 'duplicate-task' } });
    expect(second.body).toMatchObject({ taskId: (first.body as { taskId: string }).taskId });
    expect(await gateway.bus.lastSequence('TASKS')).toBe(1);
  });

  it('publishes nothing that it refuses, and nothing whose content it cannot store', async () => {
    const { gateway } = testGateway();
    expect((await acceptTask(gateway, requestOf({ body: {} }))).status).toBe(400);
    const broken = {
      ...gateway,
      contentStore: { ...gateway.contentStore, put: () => Promise.reject(new Error('full')) },
    };
    await expect(acceptTask(broken, requestOf({ body }))).rejects.toThrow('full');
    expect(await gateway.bus.lastSequence('TASKS')).toBe(0);
  });
});
