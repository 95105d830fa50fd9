import { describe, expect, it } from 'vitest';
import { profileOf } from '../text/text-profile.ts';
import { strayTailOf } from './stray-tail.ts';

const prompt = profileOf('How do I keep basil alive in winter?');
const about = 'Keep basil warm and bright, water the soil sparingly, and pinch the top leaves before they flower.';
const others = [
  `${about} Put the pot on a sunny window, away from cold drafts, and turn it often.`,
  'Basil wants a bright window and warm soil. Water it sparingly, pinch the flower and the top leaves, avoid cold drafts.',
].map(profileOf);
const elsewhere = 'The treaty of Utrecht ended a long war, divided Spanish lands and changed the crowns of Europe.';

describe('strayTailOf', () => {
  it('is as usual where both halves belong to the task, and high where the second does not', () => {
    expect(strayTailOf(profileOf(`${about} ${about}`), prompt, others)).toBe(5_000);
    expect(strayTailOf(profileOf(`${about} ${elsewhere}`), prompt, others)).toBeGreaterThan(8_000);
    expect(strayTailOf(profileOf(`${elsewhere} ${about}`), prompt, others)).toBeLessThan(2_000);
  });

  it('says nothing of a short text', () => {
    expect(strayTailOf(profileOf('Keep basil warm. The treaty ended.'), prompt, others)).toBe(5_000);
  });
});
