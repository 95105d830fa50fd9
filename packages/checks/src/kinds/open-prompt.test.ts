import { describe, expect, it } from 'vitest';
import { isOpenPrompt } from './open-prompt.ts';

describe('isOpenPrompt', () => {
  it.each([
    'Write a haiku about autumn.',
    'Please summarise this text in a few sentences:\n\nSince September, …',
    'Suggest five indoor activities for children on a rainy day.',
    'I have two days in Rome. Could you plan my trip?',
    'What do you think of remote work?',
    'How can I sleep better?',
    'Write a Python function is_palindrome(s).',
    'Can you come up with names for a cat?',
  ])('is true for "%s"', (prompt) => {
    expect(isOpenPrompt(prompt)).toBe(true);
  });

  it.each([
    'What is the capital of Australia?',
    'who wrote the song photograph by ringo starr',
    'In which year was the Eiffel Tower completed?',
    'Is it unsafe to mix bleach and ammonia?',
    'Convert 5 kg to pounds.',
    'Who described the first law of motion?',
    'Translate "good morning" into French.',
    '',
  ])('is false for "%s"', (prompt) => {
    expect(isOpenPrompt(prompt)).toBe(false);
  });
});
