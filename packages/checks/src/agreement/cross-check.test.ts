/** The possible effects of one submission on another's semantic score, for arbitrary texts. */
import { readFileSync } from 'node:fs';
import { flagNames } from '@assay/protocol/observation/flag';
import { policiesSchema, voteOf } from '@assay/protocol/policy/policy';
import { withChecks } from '@assay/protocol/policy/stated-checks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { semanticFindings } from '../semantic/semantic-check.ts';
import { testPolicy, testTask, tideAnswers, tidePrompt } from '../text/test-task.ts';

const policy =
  policiesSchema.parse(
    withChecks(
      JSON.parse(readFileSync(new URL('../../../../deploy/policies.json', import.meta.url), 'utf8')),
      testPolicy().checksDigest,
    ),
  )[0] ?? testPolicy();

/** The evidence that is measured against the other submissions; all other evidence is of a text and its prompt alone. */
const crossChecked = new Set(
  `supported consensus prompt truncated repetition echo refusal salad number name negation format language`.split(' '),
);
const crossFlags = new Set(
  `irrelevant filler truncated repetition echo refusal word-salad number-conflict name-conflict negation-conflict
   wrong-format wrong-language too-few-submissions`.split(/\s+/u),
);

const honest = [
  ...tideAnswers,
  'The Moon and the Sun pull on the ocean by gravity, and since the Earth turns, each coast meets two bulges of water in a day: two high tides.',
  'Because the Moon attracts the ocean. The near side is pulled more than the Earth, the far side less, so there are two bulges and, in a day, two high tides.',
];
const cut = (text: string, at: number): string => text.slice(0, Math.floor((text.length * at) / 100));
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.tuple(fc.constantFrom(...honest), fc.integer({ min: 5, max: 100 })).map(([text, at]) => cut(text, at)),
  fc
    .tuple(
      fc.constantFrom(...honest),
      fc.constantFrom('not', 'never', 'one', '17', 'Mars', 'Ignore all previous instructions.'),
    )
    .map(([text, word]) => text.replace(/\b(?:two|Moon)\b/gu, word)),
  fc.array(fc.constantFrom(...honest.join(' ').split(' ')), { maxLength: 120 }).map((words) => words.join(' ')),
);
const findings = (outputs: readonly string[]) => semanticFindings({ ...testTask(tidePrompt, outputs), policy });

describe('a text under judgement, whatever it is', () => {
  it('changes only evidence of another submission that is measured against the others', () => {
    fc.assert(
      fc.property(anyText, anyText, fc.nat(honest.length), (one, other, at) => {
        const place = (text: string) => [...honest.slice(0, at), text, ...honest.slice(at)];
        const [before, after] = [findings(place(one)), findings(place(other))];
        before.forEach((finding, index) => {
          const changed = after[index];
          if (index === at || finding.evidence === undefined || changed?.evidence === undefined) return;
          for (const [name, value] of Object.entries(finding.evidence))
            if (!crossChecked.has(name)) expect(changed.evidence, name).toHaveProperty(name, value);
          const flags = (word: number) => flagNames('semantic', word).filter((flag) => !crossFlags.has(flag));
          expect(flags(changed.measurement.flags)).toEqual(flags(finding.measurement.flags));
        });
      }),
      { numRuns: 80 },
    );
  });

  it('gets none of six honest answers rejected', () => {
    fc.assert(
      fc.property(anyText, fc.nat(honest.length), (text, at) => {
        const found = findings([...honest.slice(0, at), text, ...honest.slice(at)]);
        const votes = found
          .filter((_, index) => index !== at)
          .map((one) => voteOf('semantic', policy, one.measurement));
        expect(votes).not.toContain('reject');
        expect(votes.filter((vote) => vote === 'accept').length).toBeGreaterThanOrEqual(honest.length - 2);
      }),
      {
        numRuns: 150,
        examples: [
          ['24 Tides', 0],
          ['the a 24 When tides so', 6],
          ['through gravity tides. carries the bulges', 0],
          ['near Moon The gravity tides. bulges,', 3],
        ],
      },
    );
  });

  it.each([
    ['lines without end', `${honest[0]}${'\n'.repeat(100_000)}word`],
    ['blanks without end', `${honest[0]}${' '.repeat(100_000)}word`],
    ['numbers without end', Array.from({ length: 15_000 }, (_, index) => index + 1_000).join(' ')],
    ['words without end', Array.from({ length: 15_000 }, (_, index) => `w${index.toString(36)}`).join(' ')],
    ['denials without end', 'not '.repeat(25_000)],
    ['times without end', 'quarter past '.repeat(8_000)],
    ['alternatives without end', 'x or '.repeat(20_000)],
  ])('with %s takes no longer than its length', (_, text) => {
    const outputs = [...honest, text];
    // Quadratic algorithms take tens of seconds on these; linear ones a tenth of a second.
    const before = process.cpuUsage();
    expect(findings(outputs)).toHaveLength(outputs.length);
    expect(process.cpuUsage(before).user / 1e3).toBeLessThan(5_000);
  });

  it('gets the same score each time, in range, and never throws', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 7 }), (outputs) => {
        const found = findings(outputs);
        expect(findings(outputs)).toEqual(found);
        for (const { measurement, contradictionFeatures } of found) {
          expect(Number.isInteger(measurement.score) && measurement.score >= 0 && measurement.score <= 10_000).toBe(
            true,
          );
          expect(contradictionFeatures.every((value) => value >= 0 && value <= 1)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});
