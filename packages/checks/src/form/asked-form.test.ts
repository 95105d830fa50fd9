import { describe, expect, it } from 'vitest';
import { profileOf } from '../text/text-profile.ts';
import { askedForm, formEvidence, holdsJson, keptForm } from './asked-form.ts';

const evidence = (prompt: string, own: string, others: readonly string[]) => {
  const asked = askedForm(prompt);
  const kept = (text: string) => keptForm(asked, profileOf(text));
  return formEvidence(kept(own), others.map(kept));
};

describe('askedForm', () => {
  it.each([
    ['List five reasons to walk.', { items: 5 }],
    ['Give me 3 ideas for dinner', { items: 3 }],
    ['Explain it in at most 50 words.', { wordsMax: 50 }],
    ['Write at least 200 words about cats.', { wordsMin: 200 }],
    ['Write a 100-word summary.', { wordsMin: 100, wordsMax: 100 }],
    ['Return a JSON object with the keys a and b.', { json: true }],
    ['What is JSON?', { json: false }],
    ['Write 3 sentences about rain.', { items: undefined }],
  ])('%s', (prompt, asked) => {
    expect(askedForm(prompt)).toMatchObject(asked);
  });
});

describe('formEvidence', () => {
  it('requires JSON if the others give it', () => {
    const prompt = 'Answer as JSON with the key a.';
    const good = ['{"a":1}', '```json\n{"a": 2}\n```', 'Here it is: {"a":3} as asked.'];
    expect(evidence(prompt, 'a is 1', good)).toBe(9_000);
    expect(evidence(prompt, '{"a":1,}', good)).toBe(9_000);
    expect(evidence(prompt, '{"a":[1]}', good)).toBe(0);
  });

  it('finds nothing if the others do not have the form either', () => {
    expect(evidence('Answer as JSON.', 'a is 1', ['a is 1', 'b is 2', '{"a":1}'])).toBe(0);
  });

  it('counts items and words', () => {
    const three = ['1. a\n2. b\n3. c', '- a\n- b\n- c', '1) a\n2) b\n3) c'];
    expect(evidence('List three fruits you like.', 'x', three)).toBe(0);
    expect(evidence('Name 3 fruits you like, as items.', '1. a\n2. b', three)).toBe(7_000);
    const short = ['one two three', 'four five six', 'seven eight nine'];
    expect(evidence('Answer in at most 5 words.', 'word '.repeat(40), short)).toBe(7_000);
  });

  it('detects code that leaves a bracket open', () => {
    const code = (body: string) => `Here:\n\`\`\`js\n${body}\n\`\`\`\nDone.`;
    const others = [code('f(1)'), code('g({ a: [1] })'), code('// (((\nh("{")')];
    expect(evidence('Write code.', code('f(1'), others)).toBe(8_000);
    expect(evidence('Write code.', code('f("(")'), others)).toBe(0);
  });

  it('handles JSON of any depth', () => {
    expect(holdsJson('['.repeat(100_000))).toBe(false);
    expect(holdsJson('{')).toBe(false);
  });
});
