import { describe, expect, it } from 'vitest';
import { tideAnswers, tidePrompt } from '../text/test-task.ts';
import { profileOf } from '../text/text-profile.ts';
import { echoEvidence } from './echo.ts';

const peers = tideAnswers.map(profileOf);

describe('echoEvidence', () => {
  it('is maximal for the prompt, with or without framing sentences', () => {
    for (const text of [tidePrompt, `You asked the following question. "${tidePrompt}" Thank you!`]) {
      expect(echoEvidence(profileOf(text), profileOf(tidePrompt), peers)).toBe(10_000);
    }
  });

  it('is small for an answer that begins with the question', () => {
    expect(echoEvidence(profileOf(`${tidePrompt} ${tideAnswers[0]}`), profileOf(tidePrompt), peers)).toBeLessThan(
      5_000,
    );
  });

  it('is 0 if the prompt asks all to repeat', () => {
    const text = 'Repeat after me: the tide waits for no one and neither do I.';
    expect(echoEvidence(profileOf(text), profileOf(text), [profileOf(text), profileOf(`${text} Done.`)])).toBe(0);
  });
});
