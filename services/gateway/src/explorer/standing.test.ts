import { standingAnswerSchema } from '@assay/protocol/api/gateway-answers';
import {
  exampleCertifiedReport,
  exampleMeasurements,
  exampleNetwork,
  exampleObservations,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { absenceOf } from '@assay/protocol/observation/absence';
import { packMeasurements } from '@assay/protocol/observation/measurement';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { describe, expect, it } from 'vitest';
import { reportFacts, standingOf } from './standing.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const report = exampleCertifiedReport(example, [{ task, observations: exampleObservations(example, task) }]);
const [first] = report.observations;
if (first === undefined) throw new Error('The example was observed.');

/** The report with other measurements of its first observation. */
const withFirst = (measurements: CertifiedReport['observations'][number]['measurements']): CertifiedReport => ({
  ...report,
  observations: [{ ...first, measurements }, ...report.observations.slice(1)],
});

describe('standingOf', () => {
  it('counts verdicts of miners, with an interval, and scores of operators, over all reports', () => {
    const standing = standingOf([reportFacts(report, 2_000), reportFacts(report, 1_000)]);
    expect(standingAnswerSchema.parse(standing)).toEqual(standing);
    expect(standing).toMatchObject({ reports: 2, sinceMs: 1_000 });
    expect(standing.operators.map(({ operator }) => operator).toSorted()).toEqual(
      [...new Set(report.observations.map(({ operator }) => operator))].toSorted(),
    );
    for (const one of standing.operators)
      expect(one).toMatchObject({ absences: 0, meanDistance: 0, lastSeenMs: 2_000 });
    expect(standing.miners).toHaveLength(report.results.length);
    for (const { accepted, rejected, abstained } of standing.miners) expect(accepted + rejected + abstained).toBe(2);
    const [miner] = standing.miners;
    expect(miner?.acceptRate).toMatchObject({ share: 1 });
    expect(miner?.acceptRate?.low).toBeGreaterThan(0);
  });

  it('tells an operator whose scores are far from the reports, and one that answered with an absence', () => {
    const far = standingOf([
      reportFacts(withFirst(packMeasurements(task.submissions.map(() => exampleMeasurements.reject))), 1_000),
    ]);
    const operatorIn = ({ operators }: typeof far) => operators.find(({ operator }) => operator === first.operator);
    expect(operatorIn(far)?.meanDistance).toBeGreaterThan(0);
    const absent = standingOf([reportFacts(withFirst(packMeasurements(absenceOf(first.role, task))), 1_000)]);
    expect(operatorIn(absent)).toMatchObject({ absences: 1, meanDistance: 0 });
  });

  it('is empty without reports, and has no rate where all abstain', () => {
    expect(standingOf([])).toEqual({ reports: 0, operators: [], miners: [] });
    const undecided = report.results.map((one) => ({ ...one, verdict: 'abstain' as const }));
    const { miners } = standingOf([reportFacts({ ...report, results: undecided }, 1_000)]);
    expect(miners.every(({ acceptRate, abstained }) => acceptRate === undefined && abstained === 1)).toBe(true);
  });
});
