/** Reads what operators state behind their observations of a report. */
import { subjects } from '@assay/protocol/bus/subjects';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { checkEvidence, type Evidence, evidenceSchema } from '@assay/protocol/observation/evidence';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Bus } from '@assay/protocol/ports';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { verdictReasons } from '@assay/protocol/report/verdict-reasons';
import { tuning } from '@assay/protocol/tuning';

/**
 * The evidence in the roles that decided a verdict other than accept, each signed by its operator for its observation in
 * the report; of `tuning.evidenceReadMax` observations at most. Rejects if the bus does not answer.
 */
export async function readEvidence(
  bus: Pick<Bus, 'last'>,
  policy: Policy,
  report: CertifiedReport,
): Promise<Evidence[]> {
  const { results, observations } = report;
  const decided = new Set(results.flatMap((result) => verdictReasons(policy, result).map(({ role }) => role)));
  const asked = observations.filter(({ role }) => decided.has(role)).slice(0, tuning.evidenceReadMax);
  const read = await Promise.all(
    asked.map(async (observation) => {
      const { taskId, role, operator } = observation;
      const message = await bus.last('EVIDENCE', subjects.evidence(taskId, role, operator));
      const decoded = message === undefined ? undefined : decodeMessage(evidenceSchema, message.data);
      if (decoded === undefined || !decoded.ok) return [];
      return checkEvidence(report, observation, results.length, decoded.value).ok ? [decoded.value] : [];
    }),
  );
  return read.flat();
}
