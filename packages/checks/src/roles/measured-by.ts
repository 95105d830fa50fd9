/** A role's measurements as its validator keeps them: with evidence for every submission that it does not accept. */

import { limits } from '@assay/protocol/limits';
import type { EvidenceItem, Measured } from '@assay/protocol/observation/evidence';
import { flagNames } from '@assay/protocol/observation/flag';
import { type Measurement, scoreMax } from '@assay/protocol/observation/measurement';
import { voteOf } from '@assay/protocol/policy/policy';
import type { RoleCheck, RoleInput } from './role-check.ts';

/** The measurements of a role's check. Where the role says no more, its flags are the evidence, or the score alone. */
export function measuredBy({ role, check, measured }: RoleCheck): (input: RoleInput) => Measured[] {
  return (input) =>
    (measured ?? check)(input).map(({ score, flags, evidence }: Measured) => {
      const measurement: Measurement = { score, flags };
      if (voteOf(role, input.policy, measurement) === 'accept') return measurement;
      const raised = evidence ?? flagNames(role, flags).map((kind) => ({ kind }));
      const items = raised.length > 0 ? raised : [{ kind: 'low-score', strength: scoreMax - score }];
      return { ...measurement, evidence: items.slice(0, limits.evidenceItemsMax).map(bounded) };
    });
}

function bounded({ against, ...item }: EvidenceItem): EvidenceItem {
  if (against === undefined) return item;
  return { ...item, against: against.slice(0, limits.evidenceCharsMax).toWellFormed() };
}
