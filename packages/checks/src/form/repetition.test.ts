import { describe, expect, it } from 'vitest';
import { tideAnswers } from '../text/test-task.ts';
import { profileOf } from '../text/text-profile.ts';
import { distinctShare, repetitionEvidence } from './repetition.ts';

const chorus = profileOf('Row row row your boat, gently down the stream. '.repeat(8));

describe('repetitionEvidence', () => {
  it('is high for a repetitive text, unless the others are repetitive too', () => {
    expect(repetitionEvidence(chorus, tideAnswers.map(profileOf))).toBeGreaterThan(8_000);
    expect(repetitionEvidence(chorus, [chorus, chorus])).toBe(0);
  });

  it('is 0 for normal and for short texts', () => {
    expect(repetitionEvidence(profileOf(tideAnswers[0]), [])).toBe(0);
    expect(distinctShare(profileOf('no no no no'))).toBe(1);
  });
});
