import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exampleCertifiedReport,
  exampleNetwork,
  exampleObservations,
  exampleTask,
} from '../network/example-network.ts';
import { explainReport, explanationSchema } from './explanation.ts';

const example = exampleNetwork();
const { task } = exampleTask({ outputs: ['one', 'two'] });
const report = exampleCertifiedReport(example, [{ task, observations: exampleObservations(example, task) }]);
const [first, second] = report.results;
if (first === undefined || second === undefined) throw new Error('The example has two submissions.');

describe('explainReport', () => {
  it('names what every operator observed in every role, and no reason for accept', () => {
    const explained = explainReport([example.policy], report);
    if (!explained.ok) throw new Error(explained.refusal.detail);
    expect(explanationSchema.parse(explained.value)).toEqual(explained.value);
    expect(explained.value.results.map(({ miner, verdict, reasons }) => ({ miner, verdict, reasons }))).toEqual(
      [first, second].map(({ miner }) => ({ miner, verdict: 'accept', reasons: [] })),
    );
    for (const { observed } of explained.value.results) expect(observed).toHaveLength(report.observations.length);
  });

  it('has a reason in words for every other verdict', () => {
    const score = fc.integer({ min: 0, max: 10_000 });
    const verdict = fc.constantFrom('reject' as const, 'abstain' as const);
    fc.assert(
      fc.property(verdict, score, (said, semantic) => {
        const results = [{ ...first, verdict: said, scores: { ...first.scores, semantic } }, second];
        const explained = explainReport([example.policy], { ...report, results });
        expect(explained.ok && explained.value.results[0]?.reasons.map(({ text }) => text)).not.toEqual([]);
      }),
    );
  });

  it('is refused without the policy of the report', () => {
    const other = { ...example.policy, deadlineMs: example.policy.deadlineMs + 1 };
    for (const policies of [[], [other]])
      expect(explainReport(policies, report)).toMatchObject({ ok: false, refusal: { code: 'unknown-policy' } });
  });
});
