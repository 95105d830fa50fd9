import { modelFaults, type ScoredToken } from '@assay/protocol/language-model/language-model';
import { flagNames } from '@assay/protocol/observation/flag';
import { type Policy, voteOf } from '@assay/protocol/policy/policy';
import type { Task } from '@assay/protocol/task/task';
import { describe, expect, it } from 'vitest';
import { testPolicy, testTask } from '../text/test-task.ts';
import { inferenceCheck, type OutputScores, scoringOrders } from './inference-check.ts';

const digest = `0x${'ab'.repeat(32)}` as const;
const base = testPolicy();
const policy: Policy = {
  ...base,
  roles: {
    ...base.roles,
    inference: {
      required: true,
      acceptScoreMin: 1_000,
      rejectFlags: [],
      abstainFlags: ['model-unavailable', 'model-not-believed', 'not-shared', 'too-short', 'sampling-unknown'],
      scoreTolerance: 300,
      parameters: {},
      models: [{ digest, before: '<user>', after: '<model>' }],
      likeliest: 2,
      tokensMin: 20,
      charsMax: 100,
      tieMilli: 20,
      missesPpm: 20_000,
    },
  },
};
const greedy: Task['parameters'] = { modelDigest: digest, temperatureMilli: 0 };
const tokens = (count: number, misses: number): OutputScores => ({
  ok: true,
  value: Array.from(
    { length: count },
    (_, at): ScoredToken => ({ logprob: at < misses ? -2_000 : -200, likeliest: [-200, -2_000] }),
  ),
});

function judged(
  scores: readonly (OutputScores | undefined)[],
  parameters = greedy,
  outputs = scores.map(() => 'a text'),
) {
  const input = { ...testTask('a prompt', outputs, [], parameters), policy };
  return inferenceCheck({ ...input, scores }).map((one) => ({
    score: one.score,
    flags: flagNames('inference', one.flags),
    vote: voteOf('inference', policy, one),
  }));
}

it('asks for the text after the prompt in the marks of the model, cut at the bound', () => {
  const long = `${'a'.repeat(99)}😀 and more`;
  const orders = scoringOrders({ ...testTask('why?', ['because', long], [], greedy), policy });
  const context = '<user>why?<model>';
  expect(orders).toEqual([
    { modelDigest: digest, context, text: 'because' },
    { modelDigest: digest, context, text: 'a'.repeat(99) },
  ]);
});

it.each<[string, Task['parameters'], string]>([
  ['no model', { temperatureMilli: 0 }, 'model-not-named'],
  ['another model', { ...greedy, modelDigest: `0x${'cd'.repeat(32)}` }, 'model-not-named'],
  ['no temperature', { modelDigest: digest }, 'sampling-unknown'],
  ['a cut distribution', { ...greedy, temperatureMilli: 700, topPMilli: 900 }, 'sampling-unknown'],
  ['the likeliest tokens only', { ...greedy, temperatureMilli: 700, topK: 40 }, 'sampling-unknown'],
])('has nothing scored for a task that names %s', (_, parameters, flag) => {
  const input = { ...testTask('why?', ['because'], [], parameters), policy };
  expect(scoringOrders(input)).toEqual([undefined]);
  expect(judged([undefined], parameters)[0]?.flags).toEqual([flag]);
});

describe('the measurement', () => {
  it('is high for a text of the model, and falls with the evidence against it', () => {
    const [own, some, other] = judged([tokens(140, 0), tokens(140, 9), tokens(140, 60)]);
    expect(own).toMatchObject({ flags: [], vote: 'accept' });
    expect(own?.score).toBeGreaterThan(5_000);
    expect(some).toMatchObject({ flags: [], vote: 'accept' });
    expect(some?.score).toBeLessThan(own?.score ?? 0);
    expect(other).toEqual({ score: 0, flags: ['another-model'], vote: 'reject' });
  });

  it('abstains for a text that is too short to tell', () => {
    expect(judged([tokens(19, 19)])).toEqual([{ score: 5_000, flags: ['too-short'], vote: 'abstain' }]);
  });

  it.each(modelFaults)('is never a verdict when the server is at fault: %s', (fault) => {
    const [found] = judged([{ ok: false, fault }]);
    expect(found?.vote).toBe('abstain');
    expect(found?.flags).toHaveLength(1);
  });

  it('abstains for what was not scored, and is one for each submission', () => {
    expect(judged([undefined, 'not-shared', tokens(140, 0)]).map(({ flags, vote }) => [vote, ...flags])).toEqual([
      ['abstain', 'model-unavailable'],
      ['abstain', 'not-shared'],
      ['accept'],
    ]);
  });

  it('of content that is not there says so', () => {
    const { task } = testTask('why?', ['a', 'b'], [], greedy);
    const content = { prompt: 'why?', outputs: [{ problem: 'cid-mismatch' } as const] };
    const found = inferenceCheck({ task, content, policy, scores: [] });
    expect(found.map(({ flags }) => flagNames('inference', flags))).toEqual([['cid-mismatch'], ['content-missing']]);
  });
});

it('is the same to the point for two back ends whose numbers differ in low digits, and within the tolerance beyond', () => {
  const at = (shift: number): OutputScores => ({
    ok: true,
    value: Array.from({ length: 140 }, (_, index) => ({
      logprob: index % 3 === 0 ? -1_300 - shift : -500 + shift,
      likeliest: [-500 + shift, -1_300 - shift],
    })),
  });
  const sampled = { ...greedy, temperatureMilli: 1_000 };
  const [one, near, far] = judged([at(0), at(1), at(10)], sampled).map(({ score }) => score);
  expect(Math.abs((one ?? 0) - (near ?? 0))).toBeLessThanOrEqual(50);
  expect(Math.abs((one ?? 0) - (far ?? 0))).toBeLessThanOrEqual(300);
});
