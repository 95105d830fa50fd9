/** The simulation's check: a submission's text states its own quality, which an honest or lying validator reports. */
import { type Measurement, scoreMax } from '@assay/protocol/observation/measurement';
import type { Role } from '@assay/protocol/observation/role';
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
const jitterMax = 20;
const contentMissing = 1;

/** The verdict of honest operators. */
export const honestVerdict = { good: 'accept', wrong: 'reject', unclear: 'abstain' } as const satisfies Record<
  Quality,
  Verdict
>;

/** The range of honest scores of a submission. */
export function honestScores(role: Role, quality: Quality): readonly [least: number, most: number] {
  if (quality !== 'good') return [0, 0];
  return role === 'checksum' ? [scoreMax, scoreMax] : [goodScore, goodScore + jitterMax];
}

/** The output of a submission of some quality. */
export function outputOf(quality: Quality, name: string): string {
  return `${quality} answer of ${name}`;
}

/** A role's check for an operator with a given conduct. Replicas draw their last digits from `random`. */
export function simulatedCheck(role: Role, conduct: Conduct, random: SeededRandom): RoleCheck {
  const lies = conduct === 'lying' || conduct === 'withholding';
  return async ({ content }) =>
    content.outputs.map((output) => {
      const text = outputText(output);
      if (text === undefined) return { score: 0, flags: contentMissing };
      const quality = text.split(' ')[0] as Quality;
      return lies ? lieAbout(quality) : measure(role, quality, random);
    });
}

function measure(role: Role, quality: Quality, random: SeededRandom): Measurement {
  const [least, most] = honestScores(role, quality);
  return { score: random.integer(least, most), flags: quality === 'unclear' ? contentMissing : 0 };
}

function lieAbout(quality: Quality): Measurement {
  return quality === 'good' ? { score: 0, flags: 0 } : { score: scoreMax, flags: 0 };
}
