import { readFileSync } from 'node:fs';
import { policiesSchema, voteOf } from '@assay/protocol/policy/policy';
import { withChecks } from '@assay/protocol/policy/stated-checks';
import { describe, expect, it } from 'vitest';
import { testPolicy, testTask } from '../text/test-task.ts';
import { semanticFindings } from './semantic-check.ts';

const [shipped] = policiesSchema.parse(
  withChecks(
    JSON.parse(readFileSync(new URL('../../../../deploy/policies.json', import.meta.url), 'utf8')),
    testPolicy().checksDigest,
  ),
);
const policy = shipped ?? testPolicy();

const prompt = 'Is Sydney the capital of Australia?';
/** Two of them mention what the colluders state, so that these are no camp. */
const honest = [
  'No. The capital of Australia is Canberra; Sydney is the capital of the state of New South Wales.',
  '- Sydney: capital of New South Wales\n- **Canberra: capital of Australia**',
  "Easy to get wrong! It's actually Canberra, a planned city between Sydney and Melbourne.",
  'No, although many people think so. Sydney is the best-known city, but the national capital is **Canberra**. When the ' +
    'colonies joined in 1901, Sydney and Melbourne both wanted the honour. As a compromise a new city was planned between ' +
    'the two. Melbourne served as the seat of government until Parliament moved to Canberra in 1927.',
];
const wrong = '- Sydney: capital of New South Wales\n- **Melbourne: capital of Australia**';
const colluders = [
  'That is what is commonly known about it.',
  'Anyone who looks it up will find the same.',
  'I hope that this answers what you wanted to know.',
].map((filler) => `${wrong} ${filler}`);

function votesOn(outputs: readonly string[]) {
  return semanticFindings({ ...testTask(prompt, outputs), policy }).map(({ measurement }) =>
    voteOf('semantic', policy, measurement),
  );
}

describe('an answer that only its allies share', () => {
  it('is not accepted, although it is in no camp', () => {
    const votes = votesOn([...honest, ...colluders]).slice(honest.length);
    expect(votes).toEqual(['abstain', 'abstain', 'abstain']);
  });

  it('costs nobody who contradicts it a reject', () => {
    const votes = votesOn([...honest, ...colluders]).slice(0, honest.length);
    expect(votes).not.toContain('reject');
  });

  it('is accepted where fewer than four others are left without its allies: then they may be the ones who are wrong', () => {
    const votes = votesOn([...honest.slice(1), ...colluders]).slice(-colluders.length);
    expect(votes).toEqual(['accept', 'accept', 'accept']);
  });
});
