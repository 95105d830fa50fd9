/** What the newest reports say of operators and miners: counts and means over them. Pure. */
import { wilsonInterval } from '@assay/checks/calibration/roc';
import type { StandingAnswer } from '@assay/protocol/api/gateway-answers';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import { isAbsence } from '@assay/protocol/observation/absence';
import { unpackMeasurements } from '@assay/protocol/observation/measurement';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';

type OperatorStanding = StandingAnswer['operators'][number];
type MinerStanding = StandingAnswer['miners'][number];

/** What is kept of one report. */
export interface ReportFacts {
  readonly decidedAtMs: number;
  readonly operators: readonly OperatorFacts[];
  readonly miners: readonly MinerFacts[];
}

/** One operator in one report. `distance` is the sum over its scores, in basis points. */
interface OperatorFacts {
  readonly operator: Hex;
  readonly scores: number;
  readonly distance: number;
  readonly absences: number;
}

/** One submission's miner in one report. */
interface MinerFacts {
  readonly miner: string;
  readonly modelDigest: Hex | undefined;
  readonly verdict: CertifiedReport['results'][number]['verdict'];
}

/** The facts of a report that the stream had at a time. */
export function reportFacts(report: CertifiedReport, decidedAtMs: number): ReportFacts {
  const operators = Map.groupBy(report.observations, ({ operator }) => operator);
  return {
    decidedAtMs,
    operators: [...operators].map(([operator, observations]) => operatorFacts(report, operator, observations)),
    miners: report.results.map(({ miner, verdict }) => {
      const submission = report.task.submissions.find((one) => one.miner === miner);
      return { miner, verdict, modelDigest: submission?.modelDigest };
    }),
  };
}

function operatorFacts(
  { task, results }: CertifiedReport,
  operator: Hex,
  observations: CertifiedReport['observations'],
): OperatorFacts {
  let [scores, distance, absences] = [0, 0, 0];
  for (const { role, measurements } of observations) {
    const unpacked = unpackMeasurements(measurements, task.submissions.length);
    if (!unpacked.ok || isAbsence({ role, measurements }, task)) {
      absences++;
      continue;
    }
    for (const [index, { score }] of unpacked.value.entries()) {
      const reported = results[index]?.scores[role];
      if (reported === undefined) continue;
      scores++;
      distance += Math.abs(score - reported);
    }
  }
  return { operator, scores, distance, absences };
}

/** The standing over these reports. Operators by address; miners by their number of submissions, most first. */
export function standingOf(reports: readonly ReportFacts[]): StandingAnswer {
  const moments = reports.map(({ decidedAtMs }) => decidedAtMs);
  return {
    reports: reports.length,
    ...(reports.length === 0 ? {} : { sinceMs: moments.reduce((a, b) => Math.min(a, b)) }),
    operators: operatorsIn(reports),
    miners: minersIn(reports),
  };
}

function operatorsIn(reports: readonly ReportFacts[]): OperatorStanding[] {
  const sums = new Map<Hex, OperatorFacts & { readonly lastSeenMs: number }>();
  for (const { operators, decidedAtMs } of reports)
    for (const one of operators) {
      const before = sums.get(one.operator);
      sums.set(one.operator, {
        operator: one.operator,
        scores: one.scores + (before?.scores ?? 0),
        distance: one.distance + (before?.distance ?? 0),
        absences: one.absences + (before?.absences ?? 0),
        lastSeenMs: Math.max(decidedAtMs, before?.lastSeenMs ?? 0),
      });
    }
  return [...sums.values()]
    .map(({ distance, ...one }) => ({ ...one, meanDistance: one.scores === 0 ? 0 : distance / one.scores }))
    .toSorted((a, b) => (a.operator < b.operator ? -1 : 1));
}

function minersIn(reports: readonly ReportFacts[]): MinerStanding[] {
  const counts = new Map<
    string,
    MinerFacts & { accept: number; reject: number; abstain: number; lastSeenMs: number }
  >();
  for (const { miners, decidedAtMs } of reports)
    for (const one of miners) {
      const key = `${one.modelDigest ?? ''} ${one.miner}`;
      const count = counts.get(key) ?? { ...one, accept: 0, reject: 0, abstain: 0, lastSeenMs: 0 };
      count[one.verdict]++;
      count.lastSeenMs = Math.max(count.lastSeenMs, decidedAtMs);
      counts.set(key, count);
    }
  return [...counts.values()]
    .map(minerStanding)
    .toSorted((a, b) => submissionsOf(b) - submissionsOf(a) || (a.miner < b.miner ? -1 : 1))
    .slice(0, limits.tasksListedMax);
}

function minerStanding({
  miner,
  modelDigest,
  accept,
  reject,
  abstain,
  lastSeenMs,
}: MinerFacts & { accept: number; reject: number; abstain: number; lastSeenMs: number }): MinerStanding {
  const judged = accept + reject;
  return {
    miner,
    ...(modelDigest === undefined ? {} : { modelDigest }),
    accepted: accept,
    rejected: reject,
    abstained: abstain,
    ...(judged === 0 ? {} : { acceptRate: { share: accept / judged, ...wilsonInterval(accept, judged) } }),
    lastSeenMs,
  };
}

function submissionsOf({ accepted, rejected, abstained }: MinerStanding): number {
  return accepted + rejected + abstained;
}
