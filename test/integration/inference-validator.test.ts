/** The inference validator's path with its real thread, and a language model whose numbers are known. */
import { memoryLanguageModel } from '@assay/adapters/memory/memory-language-model';
import { startWorkThread, type WorkThread } from '@assay/adapters/process/work-thread';
import type { CheckSetup } from '@assay/composition/content-check';
import { exampleNetwork, examplePolicy } from '@assay/protocol/network/example-network';
import { flagNames } from '@assay/protocol/observation/flag';
import { type Policy, voteOf } from '@assay/protocol/policy/policy';
import { buildTask } from '@assay/protocol/task/build-task';
import { type TaskRequestInput, taskRequestSchema } from '@assay/protocol/task/task';
import { scoredCheck } from '@assay/runtime/check/scored-check';
import { afterAll, beforeAll, expect, it } from 'vitest';

const model = memoryLanguageModel({ chances: { a: 0.6, b: 0.3, c: 0.05 } });
const { chainId, hub } = exampleNetwork().network;
const policy: Policy = {
  ...examplePolicy,
  roles: {
    ...examplePolicy.roles,
    inference: {
      required: true,
      acceptScoreMin: 1_000,
      rejectFlags: [],
      abstainFlags: ['model-unavailable', 'model-not-believed', 'not-shared', 'model-not-named'],
      scoreTolerance: 500,
      parameters: {},
      models: [{ digest: model.modelDigest, before: '', after: '' }],
      likeliest: 3,
      tokensMin: 20,
      charsMax: 1_000,
      tieMilli: 20,
      missesPpm: 20_000,
    },
  },
};
let thread: WorkThread<object>;

beforeAll(async () => {
  const entry = new URL('../../services/inference-validator/src/check-thread.ts', import.meta.url);
  thread = await startWorkThread({
    entry,
    data: { policies: [policy], domain: { chainId, hub } } satisfies CheckSetup,
  });
});

afterAll(() => thread.close());

async function votesOn(outputs: readonly string[], parameters: TaskRequestInput['parameters']) {
  const models = new Map([[model.modelDigest, { model, remembering: model }]]);
  const check = scoredCheck({ thread, models, telemetry: { count: () => undefined } });
  const submissions = outputs.map((output, index) => ({ miner: `m${index}`, output }));
  const { task } = buildTask(taskRequestSchema.parse({ reference: 'r', prompt: 'p', parameters, submissions }));
  const content = { prompt: 'p', outputs: outputs.map((text) => ({ bytes: new TextEncoder().encode(text) })) };
  const measured = await check({ task, content, policy });
  return measured.map((one) => [voteOf('inference', policy, one), ...flagNames('inference', one.flags)]);
}

const greedy = { modelDigest: model.modelDigest, temperatureMilli: 0 };

it("accepts the named model's text, rejects another, and abstains where it cannot tell", async () => {
  expect(await votesOn(['a'.repeat(60), 'ab'.repeat(30)], greedy)).toEqual([['accept'], ['reject', 'another-model']]);
  const mixed = 'aabaabaaabab'.repeat(12);
  expect(await votesOn([mixed, 'zyxw'.repeat(30)], { ...greedy, temperatureMilli: 1_000 })).toEqual([
    ['accept'],
    ['reject', 'another-model'],
  ]);
  expect(await votesOn(['a'.repeat(60)], {})).toEqual([['abstain', 'model-not-named']]);
});

it('abstains while the model fails', async () => {
  model.fail('timed-out');
  expect(await votesOn(['a'.repeat(60)], greedy)).toEqual([['abstain', 'model-unavailable']]);
  model.fail('impossible-numbers');
  expect(await votesOn(['a'.repeat(60)], greedy)).toEqual([['abstain', 'model-not-believed']]);
  model.fail(undefined);
  expect(await votesOn(['a'.repeat(60)], greedy)).toEqual([['accept']]);
});
