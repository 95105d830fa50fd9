import { describe, expect, it } from 'vitest';
import { tideAnswers } from '../text/test-task.ts';
import { profileOf } from '../text/text-profile.ts';
import { declines, refusalEvidence } from './refusal-text.ts';

const answers = tideAnswers.map(profileOf);

describe('declines', () => {
  it.each([
    "I'm sorry, but I can't help with that request.",
    'I’m afraid I am unable to share details about this subject.',
    'I must respectfully decline to write this.',
    'This goes against the guidelines that I follow.',
    'Es tut mir leid, dabei kann ich nicht helfen.',
    'Lo siento, pero no puedo ayudar con eso.',
    'Désolé, je ne peux pas répondre à cette question.',
    'Desculpe, não posso ajudar com esse pedido.',
    '抱歉，我不能回答这个问题。',
  ])('detects a refusal in "%s"', (text) => {
    expect(declines(profileOf(text))).toBe(true);
  });

  it.each([
    ...tideAnswers,
    'You cannot help a plant by watering it twice a day.',
    'Sorry for the delay: the train arrives at 17:50.',
  ])('detects no refusal in "%s"', (text) => {
    expect(declines(profileOf(text))).toBe(false);
  });
});

describe('refusalEvidence', () => {
  const refusal = profileOf('I am sorry, but I cannot help with that.');

  it('counts if the others answered, not if they declined too', () => {
    expect(refusalEvidence(refusal, answers, 0.3)).toBe(9_000);
    expect(refusalEvidence(refusal, [refusal, refusal, ...answers.slice(0, 1)], 1)).toBe(0);
  });

  it('is small for a long answer that opens with a reservation', () => {
    const careful = profileOf(
      `I'm sorry, I can't give you medical advice, but here is what is known. ${tideAnswers.join(' ')}`,
    );
    expect(refusalEvidence(careful, answers, 3)).toBeLessThan(5_000);
  });
});
