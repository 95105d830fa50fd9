import { describe, expect, it } from 'vitest';
import {
  fitAgreementHead,
  headOf,
  headParameters,
  type LabelledAnswerGroup,
  standingsOf,
} from '../agreement/agreement-head.ts';
import { withParameters } from '../calibration/calibrate.ts';
import { testPolicy } from '../text/test-task.ts';
import { profileOf } from '../text/text-profile.ts';
import { askedBy, pairFeatureNames, pairFeatures } from './answer-pair.ts';
import { answerWordsOf } from './answer-words.ts';

const words = (text: string, question: string) => answerWordsOf(profileOf(text), profileOf(question));
const question = 'Who played the middle sister on Full House?';

describe('answerWordsOf', () => {
  it('removes the question and the function words, and keeps names and numbers', () => {
    const found = words('The middle sister on Full House was played by Jodie Sweetin in 1987.', question);
    expect([...found.words.keys()]).toEqual(['jodie', 'sweetin', '1987']);
    expect([...found.names]).toEqual(['jodie', 'sweetin']);
    expect([...found.numbers]).toEqual(['1987']);
  });

  it('leaves out footnote numbers, and reads a word that is attached to a name', () => {
    const found = words('It was played byJodie Sweetin1. See [2].', question);
    expect([...found.words.keys()]).toContain('jodie');
    expect([...found.numbers]).toEqual([]);
  });

  it('counts number words as numbers', () => {
    expect([...words('They have eight, twice.', question).numbers]).toEqual(['8', '2']);
  });
});

describe('pairFeatures', () => {
  const feature = (a: string, b: string, name: (typeof pairFeatureNames)[number]) =>
    pairFeatures(words(a, question), words(b, question), 0.5, askedBy(question))[pairFeatureNames.indexOf(name)];

  it('is symmetric and has as many values as names', () => {
    const [a, b] = [words('Jodie Sweetin', question), words('It was Candace Bure in 1990', question)];
    const forth = pairFeatures(a, b, 0.3, askedBy(question));
    expect(pairFeatures(b, a, 0.3, askedBy(question))).toEqual(forth);
    expect(forth).toHaveLength(pairFeatureNames.length);
  });

  it('distinguishes differing names and years from equal ones', () => {
    expect(feature('Jodie Sweetin', 'Jodie Sweetin did.', 'contained')).toBe(1);
    expect(feature('Jodie Sweetin', 'Candace Bure', 'nameConflict')).toBe(1);
    expect(feature('In 1987.', 'In 1990.', 'yearConflict')).toBe(1);
    expect(feature('In May 1987.', 'In 1987.', 'yearConflict')).toBe(0);
  });
});

describe('the agreement head', () => {
  const groupOf = (answers: readonly string[], right: readonly boolean[], asked = question): LabelledAnswerGroup => ({
    question: asked,
    answers: answers.map((text) => words(text, asked)),
    others: answers.map((_, own) => answers.map((__, at) => at).filter((at) => at !== own)),
    cosineOf: () => 0.5,
    right,
  });
  const cities = ['Lima', 'Oslo', 'Cairo', 'Quito', 'Hanoi', 'Accra', 'Tunis', 'Sofia', 'Minsk', 'Dakar'];
  const examples = cities.map((city, index) => {
    const wrong = cities[(index + 3) % cities.length];
    return groupOf(
      [city, `It is ${city}.`, `The town was ${city}, I think.`, `${wrong}.`, `${city}!`],
      [true, true, true, false, true],
      'Which town was it?',
    );
  });
  const head = fitAgreementHead(examples);

  it('ranks the answer that stands alone last, and names the decisive words', () => {
    const group = groupOf(['Jodie Sweetin', 'It was Jodie Sweetin.', 'Candace Bure', 'Jodie Sweetin played her.'], []);
    const standings = standingsOf(head, group);
    const likelihoods = standings.map((one) => one.likelihood);
    expect(Math.min(...likelihoods)).toBe(likelihoods[2]);
    expect([...(standings[2]?.missing ?? [])].sort()).toEqual(['Jodie', 'Sweetin']);
    expect([...(standings[0]?.shared ?? [])].sort()).toEqual(['Jodie', 'Sweetin']);
  });

  it('survives storage in a policy as integers', () => {
    const policy = withParameters(testPolicy(), { embedding: headParameters(head), semantic: {} });
    expect(headOf(policy)).toEqual(head);
    expect(headOf(testPolicy())).toBeUndefined();
    const { 'pair.contained': _, ...partly } = headParameters(head);
    expect(headOf(withParameters(testPolicy(), { embedding: partly, semantic: {} }))).toBeUndefined();
  });
});
