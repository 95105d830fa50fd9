/** The checksum role's measurements with what is behind them: the digests, or from where on the bytes are others. */
import type { EvidenceItem, Measured } from '@assay/protocol/observation/evidence';
import type { RoleInput } from '../roles/role-check.ts';
import { checksumCheck } from './checksum-check.ts';
import { checksumGrounds } from './checksum-grounds.ts';

/** One for each submission, in order. */
export function checksumMeasured(input: RoleInput): Measured[] {
  return checksumCheck(input).map((measurement, index) => {
    const grounds = measurement.flags === 0 ? undefined : checksumGrounds(input, index);
    if (grounds === undefined) return measurement;
    const [passage] = grounds.passages;
    const place = passage === undefined ? {} : { start: passage.start, end: passage.end };
    const evidence = grounds.evidence.map(
      ({ flag }): EvidenceItem => ({ kind: flag, ...(flag === 'deterministic-divergence' ? place : {}) }),
    );
    return {
      ...measurement,
      evidence: [...evidence, ...grounds.against.map((against) => ({ kind: 'stated', against }))],
    };
  });
}
