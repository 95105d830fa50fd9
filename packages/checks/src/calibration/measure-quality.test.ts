import { byRole } from '@assay/protocol/observation/role';
import type { Vote } from '@assay/protocol/policy/policy';
import { describe, expect, it } from 'vitest';
import { measureQuality, verdictOfVotes } from './measure-quality.ts';

const votes = (checksum: Vote, embedding: Vote, semantic: Vote) => ({ checksum, embedding, semantic });

describe('measureQuality', () => {
  it('counts verdicts by label and by the role that caught them', () => {
    const quality = measureQuality([
      { label: 'honest', votes: votes('accept', 'accept', 'accept') },
      { label: 'honest', votes: votes('accept', 'reject', 'accept') },
      { label: 'echo', votes: votes('accept', 'accept', 'reject') },
      { label: 'echo', votes: votes('accept', 'accept', 'accept') },
      { label: 'echo', votes: votes('accept', 'abstain', 'accept') },
    ]);
    expect(quality.labels.echo).toEqual({
      count: 3,
      accepted: 1,
      rejected: 1,
      abstained: 1,
      rejectedBy: { ...byRole(() => 0), semantic: 1 },
    });
    expect([quality.falseAccepts, quality.falseRejects, quality.falseRejectShare]).toEqual([1, 1, 0.5]);
  });

  it('rejects before it abstains', () => {
    expect(verdictOfVotes(votes('accept', 'abstain', 'reject'))).toBe('reject');
    expect(verdictOfVotes(votes('accept', 'abstain', 'accept'))).toBe('abstain');
  });

  it('has shares of 0 if there is nothing to count', () => {
    expect(measureQuality([])).toEqual({
      labels: {},
      falseAccepts: 0,
      falseAcceptShare: 0,
      falseRejects: 0,
      falseRejectShare: 0,
    });
  });
});
