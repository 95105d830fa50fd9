/** What an aggregator counts when a report is out or a batch is in: verdicts, delays, agreement, gas. Numbers and codes only. */

import { scoreMax, unpackMeasurements } from '@assay/protocol/observation/measurement';
import type { PostOutcome, Telemetry } from '@assay/protocol/ports';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { metrics } from '@assay/runtime/service/telemetry-names';
import type { Aggregator } from './aggregator.ts';

/** A score within this of the median agrees with it. */
const nearMax = scoreMax / 100;
const weiPerEther = 1e18;

/**
 * Starts the counters of rare events at zero. Prometheus sees an increase only between two values of a series: without
 * the first one, an alert on a single event would never fire.
 */
export function startCounters({ count }: Pick<Telemetry, 'count'>): void {
  count(metrics.deadLetters, { stream: 'OBSERVATIONS', code: 'equivocation' }, 0);
  for (const outcome of ['posted', 'vanished', 'failed', 'refused', 'unanswered']) count(metrics.posts, { outcome }, 0);
}

/** Counts a report that this aggregator put out, of a task that was handed in at `taskMs`. */
export function countReport(
  { telemetry, clock }: Aggregator,
  report: CertifiedReport,
  taskMs: number | undefined,
): void {
  for (const { verdict } of report.results) telemetry.count(metrics.reports, { verdict });
  if (taskMs !== undefined)
    telemetry.duration(metrics.stageDuration, (clock.nowMs() - taskMs) / 1000, { stage: 'reported' });
  for (const { operator, role, measurements } of report.observations) {
    const measured = unpackMeasurements(measurements, report.results.length);
    if (!measured.ok) continue;
    const scores = { near: 0, far: 0 };
    for (const [index, { score }] of measured.value.entries()) {
      const median = report.results[index]?.scores[role];
      if (median !== undefined) scores[Math.abs(score - median) <= nearMax ? 'near' : 'far']++;
    }
    for (const agreement of ['near', 'far'] as const)
      if (scores[agreement] > 0) telemetry.count(metrics.scores, { of: operator, role, agreement }, scores[agreement]);
  }
}

/** Counts a try to post a batch. */
export function countPost({ telemetry }: Aggregator, outcome: PostOutcome, reports: number, seconds: number): void {
  telemetry.count(metrics.posts, { outcome: outcome.status });
  telemetry.duration(metrics.postDuration, seconds, { outcome: outcome.status });
  if (outcome.status !== 'posted') return;
  telemetry.count(metrics.postGas, {}, outcome.gasUsed);
  telemetry.count(metrics.postedReports, {}, reports);
}

/** Says what the transmitter's account has left; a chain that does not answer is no news. */
export async function tellBalance({ chain, telemetry }: Aggregator): Promise<void> {
  try {
    const balance = await chain.transmitterBalance();
    if (balance !== undefined) telemetry.gauge(metrics.transmitterBalance, Number(balance) / weiPerEther);
  } catch {
    telemetry.log.debug('the balance could not be read');
  }
}
