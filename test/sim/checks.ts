/** The check of the simulation: what a submission's text says of itself, as an honest or a lying validator reports it. */
import { type Measurement, scoreMax } from '@assay/protocol/observation/measurement';
import type { Role } from '@assay/protocol/observation/role';
import type { Verdict } from '@assay/protocol/report/report';
import { outputText } from '@assay/protocol/task/task-content';
import type { RoleCheck } from '@assay/runtime/validator/validator-context';
import type { Conduct, Quality } from './plan.ts';
import type { SeededRandom } from './seeded-random.ts';

/** The score of a good submission, and by how much replicas of one operator may differ: less than any policy's tolerance. */
const goodScore = 9_000;
const jitterMax = 20;
const contentMissing = 1;

/** The verdict that honest operators come to. */
export const honestVerdict = { good: 'accept', wrong: 'reject', unclear: 'abstain' } as const satisfies Record<
  Quality,
  Verdict
>;

/** The scores between which honest observations of a submission lie. */
export function honestScores(role: Role, quality: Quality): readonly [least: number, most: number] {
  if (quality !== 'good') return [0, 0];
  return role === 'checksum' ? [scoreMax, scoreMax] : [goodScore, goodScore + jitterMax];
}

/** The output of a submission of some quality. */
export function outputOf(quality: Quality, name: string): string {
  return `${quality} answer of ${name}`;
}

/** A role's check for an operator of some conduct. Replicas draw their last digits from `random`. */
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
