import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { examplePolicy } from '../network/example-network.ts';
import { reasonText, verdictReasons } from './verdict-reasons.ts';

const full = { checksum: 10_000, embedding: 10_000, semantic: 10_000 };
const semantic = { ...examplePolicy.roles.semantic, rejectFlags: ['irrelevant' as const], acceptScoreMin: 5_000 };
const policy = { ...examplePolicy, roles: { ...examplePolicy.roles, semantic } };
const codes = (...from: Parameters<typeof verdictReasons>) =>
  verdictReasons(...from).map(({ role, code }) => `${role} ${code}`);

describe('verdictReasons', () => {
  it('has none for accept', () => {
    expect(verdictReasons(policy, { verdict: 'accept', scores: full, flags: {} })).toEqual([]);
  });

  it('names the flags that reject, otherwise the low score', () => {
    const flags = { semantic: ['irrelevant', 'hidden-characters'] };
    expect(codes(policy, { verdict: 'reject', scores: full, flags })).toEqual(['semantic irrelevant']);
    expect(codes(policy, { verdict: 'reject', scores: { ...full, semantic: 4_999 }, flags: {} })).toEqual([
      'semantic low-score',
    ]);
  });

  it('tells an undecided score from a low one', () => {
    const roles = { ...policy.roles, semantic: { ...semantic, abstainScoreMin: 2_500 } };
    const banded = { ...policy, roles };
    const at = (score: number) => ({ scores: { ...full, semantic: score }, flags: {} });
    expect(codes(banded, { verdict: 'abstain', ...at(2_500) })).toEqual(['semantic undecided-score']);
    expect(codes(banded, { verdict: 'reject', ...at(2_499) })).toEqual(['semantic low-score']);
    expect(codes(banded, { verdict: 'abstain', ...at(5_000) })).toEqual(['checksum no-quorum-agrees']);
  });

  it('states the score that was missed where the score decided', () => {
    const roles = { ...policy.roles, semantic: { ...semantic, abstainScoreMin: 2_500 } };
    const texts = (verdict: 'reject' | 'abstain', score: number) =>
      verdictReasons({ ...policy, roles }, { verdict, scores: { ...full, semantic: score }, flags: {} }).map(
        reasonText,
      );
    expect(texts('reject', 2_499)).toEqual(['semantic: low-score 0.2499, rejected below 0.2500']);
    expect(texts('abstain', 4_999)).toEqual(['semantic: undecided-score 0.4999, accepted from 0.5000']);
    const flagged = { verdict: 'reject' as const, scores: full, flags: { semantic: ['irrelevant'] } };
    expect(verdictReasons(policy, flagged).map(reasonText)).toEqual(['semantic: irrelevant']);
  });

  it('leaves no verdict other than accept without a reason', () => {
    const verdict = fc.constantFrom('reject' as const, 'abstain' as const);
    const score = fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined });
    const scores = fc.record({ checksum: score, embedding: score, semantic: score });
    const names = fc.subarray(['irrelevant', 'hidden-characters', 'not-observed']);
    fc.assert(
      fc.property(verdict, scores, names, (one, measured, flags) => {
        const reasons = verdictReasons(policy, { verdict: one, scores: measured, flags: { semantic: flags } });
        expect(reasons.length).toBeGreaterThan(0);
        for (const reason of reasons) expect(reasonText(reason)).toMatch(/^[a-z]+: [a-z-]+/);
      }),
    );
  });

  it('names roles that did not observe, and reports when only the operators disagree', () => {
    expect(codes(policy, { verdict: 'abstain', scores: { checksum: 1, semantic: 1 }, flags: {} })).toEqual([
      'embedding not-observed',
    ]);
    expect(codes(policy, { verdict: 'abstain', scores: full, flags: {} })).toEqual(['checksum no-quorum-agrees']);
  });
});
