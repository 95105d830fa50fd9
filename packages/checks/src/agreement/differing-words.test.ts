import { groundsSchema } from '@assay/protocol/report/grounds';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { testTask, tideAnswers, tidePrompt } from '../text/test-task.ts';
import { agreementGrounds } from './differing-words.ts';

const prompt = 'What is the capital of France?';
const right = ['It is Paris.', 'The capital is Paris, on the Seine.', 'Paris is the capital of France.'];

it('names what most others say and the answer lacks, what it alone says, and who says the other thing', () => {
  const grounds = agreementGrounds(testTask(prompt, ['The capital of France is Lyon.', ...right]), 0);
  expect(grounds).toEqual({
    role: 'embedding',
    evidence: [],
    against: ['lacks what most others say: paris', 'says what nobody else does: lyon'],
    passages: [],
    opposed: { miner: 'miner-1', start: 0, end: 12, text: 'It is Paris.' },
  });
  expect(groundsSchema.parse(grounds)).toEqual(grounds);
});

it('names nothing that the prompt says or one other alone has, and nothing of an answer like the others', () => {
  expect(agreementGrounds(testTask(prompt, ['The capital of France is Paris.', ...right]), 0)?.against).toEqual([]);
});

it('counts copies of one text once, and says nothing with fewer than two others', () => {
  const copies = ['Lyon.', 'Lyon.', 'The capital is Paris, on the Seine.', 'It is Paris.'];
  expect(agreementGrounds(testTask(prompt, copies), 0)?.against).toEqual([
    'lacks what most others say: paris',
    'says what nobody else does: lyon',
  ]);
  expect(agreementGrounds(testTask(prompt, ['Lyon.', 'It is Paris.']), 0)).toBeUndefined();
  expect(agreementGrounds(testTask(prompt, [' ', ...right]), 0)).toBeUndefined();
});

it('holds for any text: at most five words of each kind', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (answer) => {
      const grounds = agreementGrounds(testTask(tidePrompt, [answer, ...tideAnswers]), 0);
      if (grounds === undefined) return;
      expect(groundsSchema.safeParse(grounds).success).toBe(true);
      for (const words of grounds.against) expect(words.split(': ')[1]?.split(', ').length).toBeLessThanOrEqual(5);
    }),
    { numRuns: 15 },
  );
});
