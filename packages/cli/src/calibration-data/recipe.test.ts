import { describe, expect, it } from 'vitest';
import { arenaHardTexts, fitTasks, type Part, textOf } from './recipe.ts';

const line = (value: object) => JSON.stringify(value);
const answer = (uid: string, text: string) => ({ uid, messages: [{ role: 'user' }, { content: { answer: text } }] });
const one = '1111111111111111ffff';
const two = '2222222222222222ffff';
const texts = arenaHardTexts(
  `${line({ uid: one, prompt: 'Why is the sky blue?' })}\n${line({ uid: two, prompt: 'Name a river.' })}\n`,
  new Map([
    ['small', `${line(answer(one, 'Air scatters  blue\nlight.'))}\n${line(answer(two, 'The Rhine.'))}\n`],
    ['large', line(answer(one, 'Rayleigh scattering.'))],
  ]),
);
const [task] = [one.slice(0, 16)];
const made = (...parts: Part[]) => textOf(parts, task ?? '', texts);

describe('textOf', () => {
  it('joins characters, the question and answers, whole or sliced', () => {
    expect(made('About "', { prompt: true, end: 3 }, '": ', { answer: 'small', of: two.slice(0, 16) })).toBe(
      'About "Why": The Rhine.',
    );
    expect(made({ answer: 'large', start: 9 }, '!', { answer: 'large', end: 8 })).toBe('scattering.!Rayleigh');
  });

  it('takes, repeats and reorders words, which any white space divides', () => {
    expect(made({ answer: 'small', words: 3 })).toBe('Air scatters blue');
    expect(made({ answer: 'small', words: 1, times: 3 })).toBe('Air Air Air');
    expect(made({ answer: 'small', order: [3, 0, 1, 2] })).toBe('light. Air scatters blue');
  });

  it('names a question or an answer that the sources do not have', () => {
    expect(() => made({ answer: 'large', of: two.slice(0, 16) })).toThrow('answer of large to 2222222222222222');
    expect(() => textOf([{ prompt: true }], '3333', texts)).toThrow('question 3333');
  });
});

describe('fitTasks', () => {
  it('writes a labelled task a line, with numbered miners', () => {
    const recipe = line({
      task,
      submissions: [
        ['honest', { answer: 'large' }],
        ['refusal', 'No.'],
        ['echo', { prompt: true }],
      ],
    });
    expect(JSON.parse(fitTasks(recipe, texts))).toEqual({
      task,
      prompt: 'Why is the sky blue?',
      submissions: [
        { miner: 'miner-1', output: 'Rayleigh scattering.', label: 'honest' },
        { miner: 'miner-2', output: 'No.', label: 'refusal' },
        { miner: 'miner-3', output: 'Why is the sky blue?', label: 'echo' },
      ],
    });
  });
});
