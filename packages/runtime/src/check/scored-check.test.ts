import type { LanguageModel, ScoreRequest } from '@assay/protocol/language-model/language-model';
import { packScores } from '@assay/protocol/language-model/packed-scores';
import { examplePolicy, exampleTask } from '@assay/protocol/network/example-network';
import { describe, expect, it } from 'vitest';
import { ordersWork, type ScoredCall, scoredCheck, type ThreadOrder, type ThreadScores } from './scored-check.ts';

const tokens = [{ logprob: -5, likeliest: [-5] }];
const order = (modelDigest: string, text: string): ThreadOrder => ({ modelDigest, context: 'q', text });

/** A model that counts what it is asked. */
function model(isOwn: boolean, answer: 'scores' | 'fault' = 'scores') {
  const asked: ScoreRequest[] = [];
  const made: LanguageModel = {
    modelDigest: `0x${'00'.repeat(32)}`,
    likeliestMax: 1,
    isOwn,
    score: async (requests) => {
      asked.push(...requests);
      return requests.map(() =>
        answer === 'fault' ? { ok: false, fault: 'wrong-model' } : { ok: true, value: tokens },
      );
    },
    generate: async () => ({ ok: false, fault: 'refused' }),
    close: async () => undefined,
  };
  return { made, asked };
}

/** Runs the check with a thread that orders what the test says; resolves with what the thread is given to judge. */
async function given(
  orders: readonly (ThreadOrder | undefined)[],
  models: Readonly<Record<string, readonly [model: LanguageModel, remembering: LanguageModel]>>,
  payload: 'public' | 'sealed' = 'public',
): Promise<readonly ThreadScores[]> {
  let scores: readonly ThreadScores[] = [];
  const thread = {
    call: async <Output>(name: string, input: unknown) => {
      if (name !== ordersWork) scores = (input as ScoredCall).scores;
      return (name === ordersWork ? orders : []) as Output;
    },
  };
  const byDigest = new Map(
    Object.entries(models).map(([digest, [one, remembering]]) => [digest, { model: one, remembering }]),
  );
  const { task } = exampleTask();
  const check = scoredCheck({ thread, models: byDigest, telemetry: { count: () => undefined } });
  await check({ task, content: { prompt: '', outputs: [] }, policy: { ...examplePolicy, payload } });
  return scores;
}

describe('the scores that the thread judges', () => {
  it('are in the order of the submissions, each by the model that is ordered', async () => {
    const [one, other] = [model(true), model(true, 'fault')];
    const orders = [order('b', '1'), undefined, order('a', '2'), order('b', '3'), order('c', '4')];
    const scores = await given(orders, { a: [one.made, one.made], b: [other.made, other.made] });
    expect(scores).toEqual(['wrong-model', undefined, packScores(tokens), 'wrong-model', 'unreachable']);
    expect([one.asked, other.asked].map((all) => all.map(({ text }) => text))).toEqual([['2'], ['1', '3']]);
  });

  it('of public content may be remembered ones', async () => {
    const [plain, remembering] = [model(false), model(false)];
    expect(await given([order('a', '1')], { a: [plain.made, remembering.made] })).toEqual([packScores(tokens)]);
    expect([plain.asked.length, remembering.asked.length]).toEqual([0, 1]);
  });

  it("of sealed content come from the operator's own model, and are not remembered", async () => {
    const [plain, remembering] = [model(true), model(true)];
    expect(await given([order('a', '1')], { a: [plain.made, remembering.made] }, 'sealed')).toEqual([
      packScores(tokens),
    ]);
    expect([plain.asked.length, remembering.asked.length]).toEqual([1, 0]);
  });

  it("of sealed content are none where the endpoint is somebody else's, which is not asked", async () => {
    const [plain, remembering] = [model(false), model(false)];
    expect(await given([order('a', '1')], { a: [plain.made, remembering.made] }, 'sealed')).toEqual(['not-shared']);
    expect([plain.asked.length, remembering.asked.length]).toEqual([0, 0]);
  });
});
