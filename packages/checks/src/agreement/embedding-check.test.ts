import { flagNames } from '@assay/protocol/observation/flag';
import { voteOf } from '@assay/protocol/policy/policy';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testPolicy, testTask, tideAnswers, tidePrompt } from '../text/test-task.ts';
import { embeddingCheck } from './embedding-check.ts';

const policy = testPolicy();

/** A vector of length 1 in the plane of the first axis and axis `other`, at a cosine to the first. */
function vector(cosine: number, other: number): Float32Array {
  const values = new Float32Array(8);
  values[0] = cosine;
  values[other] = Math.sqrt(1 - cosine * cosine);
  return values;
}

const agreeing = [vector(0.9, 1), vector(0.9, 2), vector(0.85, 3), vector(0.9, 4)].map((one) => [one]);

function votes(outputs: readonly string[], vectors: readonly (readonly Float32Array[])[]) {
  const found = embeddingCheck({ ...testTask(tidePrompt, outputs), policy, vectors });
  return found.map((one) => ({
    score: one.score,
    vote: voteOf('embedding', policy, one),
    flags: flagNames('embedding', one.flags),
  }));
}

describe('embeddingCheck', () => {
  it('accepts answers that agree and finds the outlier', () => {
    const found = votes(
      [...tideAnswers, 'Sourdough needs flour, water and a week of patience.'],
      [...agreeing, [vector(0.1, 5)]],
    );
    expect(found.map((one) => one.vote)).toEqual(['accept', 'accept', 'accept', 'accept', 'reject']);
    expect(found[4]?.flags).toContain('outlier');
    expect(found.filter((one) => one.flags.includes('medoid')).length).toBeGreaterThan(0);
  });

  it.each([
    ['timed-out', 'model-unavailable'],
    ['out-of-budget', 'model-unavailable'],
    ['wrong-model', 'model-not-believed'],
    ['not-shared', 'not-shared'],
  ] as const)('compares nothing when the model fails (%s), and says why', (vectorsFault, flag) => {
    const task = testTask(tidePrompt, tideAnswers);
    const outputs = task.content.outputs.with(1, { problem: 'content-missing' });
    const input = { ...task, content: { ...task.content, outputs }, policy, vectors: [], vectorsFault };
    const found = embeddingCheck(input).map((one) => [one.score, ...flagNames('embedding', one.flags)]);
    expect(found).toEqual(tideAnswers.map((_, at) => [0, at === 1 ? 'content-missing' : flag]));
  });

  it('counts identical texts once, so that colluders gain nothing', () => {
    const copied = 'Sourdough needs flour, water and a week of patience in a warm kitchen, says the baker.';
    const found = votes(
      [...tideAnswers, copied, copied, copied],
      [...agreeing, ...[0, 0, 0].map(() => [vector(0.1, 5)])],
    );
    expect(found.map((one) => one.vote)).toEqual([
      'accept',
      'accept',
      'accept',
      'accept',
      'reject',
      'reject',
      'reject',
    ]);
    expect(found[6]?.flags).toContain('duplicate-of-another');
  });

  it('abstains with two distinct texts, and when no answers agree', () => {
    expect(votes([tideAnswers[0], tideAnswers[1], tideAnswers[1]], agreeing).map((one) => one.vote)).toEqual([
      'abstain',
      'abstain',
      'abstain',
    ]);
    const apart = [1, 2, 3, 4].map((axis) => [vector(0.1, axis)]);
    const found = votes(tideAnswers, apart);
    expect(found.every((one) => one.vote === 'abstain' && one.flags.includes('no-agreement'))).toBe(true);
  });

  it('detects a swapped answer in another language by its words, although the model finds them similar', () => {
    const spanish = [
      'El río más largo de la península ibérica es el Tajo, que nace en la sierra de Albarracín y desemboca en el Atlántico, en Lisboa.',
      'Es el Tajo. Con unos mil kilómetros es el río más largo de la península y desemboca junto a Lisboa en el océano Atlántico.',
      'El Tajo: recorre más de mil kilómetros por España y Portugal y desemboca en el Atlántico, cerca de Lisboa.',
      'El río Tajo es el más largo de la península ibérica. Atraviesa España y Portugal hasta llegar al Atlántico en Lisboa.',
      'Para hacer una buena tortilla, pela las patatas, córtalas en láminas finas y fríelas con cebolla a fuego lento; bate los huevos y mézclalo todo.',
    ];
    const found = votes(spanish, [...agreeing, [vector(0.9, 5)]]);
    expect(found.map((one) => one.vote)).toEqual(['accept', 'accept', 'accept', 'accept', 'reject']);
    expect(found[0]?.flags).toContain('unsupported-language');
  });

  it('sees another script in a text of any length', () => {
    const answers = ['北京', '是北京。', 'Пекин', 'Beijing', '42 €'];
    const found = votes(answers, [...agreeing, [vector(0.9, 5)]]);
    const isFlagged = found.map(({ flags }) => flags.includes('unsupported-language'));
    expect(isFlagged).toEqual([true, true, true, false, false]);
  });

  it('never throws, stays in range, does not depend on the order of the others', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 });
    const chunks = fc.array(fc.float32Array({ minLength: 4, maxLength: 4 }), { maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, chunks), { minLength: 1, maxLength: 6 }), (submissions) => {
        const found = embeddingCheck({
          ...testTask(
            'p',
            submissions.map(([one]) => one),
          ),
          policy,
          vectors: submissions.map(([, one]) => one),
        });
        expect(found).toHaveLength(submissions.length);
        for (const { score } of found) expect(Number.isInteger(score) && score >= 0 && score <= 10_000).toBe(true);
      }),
    );
    const order = [2, 0, 3, 1];
    const turned = votes(
      order.map((index) => tideAnswers[index] ?? ''),
      order.map((index) => agreeing[index] ?? []),
    );
    const straight = votes(tideAnswers, agreeing);
    expect(turned.map((one) => one.score)).toEqual(order.map((index) => straight[index]?.score));
  });
});
