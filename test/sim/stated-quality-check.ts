/** The simulation's check: a submission's text states its own quality, which an honest or lying validator reports. */
import { examplePolicy } from '@assay/protocol/network/example-network';
import { type Measurement, scoreMax } from '@assay/protocol/observation/measurement';
import type { Role } from '@assay/protocol/observation/role';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Verdict } from '@assay/protocol/report/report';
import { outputText } from '@assay/protocol/task/task-content';
import type { RoleCheck } from '@assay/runtime/validator/validator-context';
import type { Conduct, Quality } from './plan.ts';
import type { SeededRandom } from './seeded-random.ts';

/**
 * The score of a good submission, and the maximum difference between replicas of one operator, below any policy's
 * tolerance.
 */
const goodScore = 9_000;
/** The same by the checks of another release. */
const otherGoodScore = 8_000;
const jitterMax = 20;
const contentMissing = 1;

/** The verdict of honest operators. */
export const honestVerdict = { good: 'accept', wrong: 'reject', unclear: 'abstain' } as const satisfies Record<
  Quality,
  Verdict
>;

/** The range of honest scores of a submission by the checks of a policy. */
export function honestScores(
  role: Role,
  quality: Quality,
  { checksDigest }: Pick<Policy, 'checksDigest'>,
): readonly [least: number, most: number] {
  if (quality !== 'good') return [0, 0];
  if (role === 'checksum') return [scoreMax, scoreMax];
  const score = checksDigest === examplePolicy.checksDigest ? goodScore : otherGoodScore;
  return [score, score + jitterMax];
}

/** The output of a submission of some quality. */
export function outputOf(quality: Quality, name: string): string {
  return `${quality} answer of ${name}`;
}

/** A role's check for an operator with a given conduct. Replicas draw their last digits from `random`. */
export function simulatedCheck(role: Role, conduct: Conduct, random: SeededRandom): RoleCheck {
  const lies = conduct === 'lying' || conduct === 'withholding';
  return async ({ content, policy }) =>
    content.outputs.map((output) => {
      const text = outputText(output);
      if (text === undefined) return { score: 0, flags: contentMissing };
      const quality = text.split(' ')[0] as Quality;
      return lies ? lieAbout(quality) : measure(role, quality, policy, random);
    });
}

function measure(role: Role, quality: Quality, policy: Policy, random: SeededRandom): Measurement {
  const [least, most] = honestScores(role, quality, policy);
  return { score: random.integer(least, most), flags: quality === 'unclear' ? contentMissing : 0 };
}

function lieAbout(quality: Quality): Measurement {
  return quality === 'good' ? { score: 0, flags: 0 } : { score: scoreMax, flags: 0 };
}
