/** Which words of a submission decided: what a role holds against it, found again from the content. */
import { z } from 'zod';
import { minerSchema } from '../encoding/fields.ts';
import { scoreMax } from '../observation/measurement.ts';
import { observationSchema } from '../observation/observation.ts';

const scoreSchema = z.int().min(0).max(scoreMax);
const offsetSchema = z.int().min(0);

/** UTF-16 units of a quoted passage at most; where a passage is longer, an ellipsis stands in its middle. */
export const quotedCharsMax = 240;

/** A passage of an output: offsets in UTF-16 units, and its words. */
const passageSchema = z.object({
  start: offsetSchema,
  end: offsetSchema,
  text: z.string().max(quotedCharsMax),
});

/** Schema of the grounds of one role on one submission. Scores and strengths are basis points. */
export const groundsSchema = z.object({
  role: observationSchema.shape.role,
  /**
   * The role's score, measured again. Where it is not the report's, the observers ran other checks than this one. Absent
   * where the content alone does not give it.
   */
  score: scoreSchema.optional(),
  /** Each raised flag; where one number is behind it, that number and the one from which on the flag is raised. */
  evidence: z.array(
    z.object({ flag: z.string(), strength: scoreSchema.optional(), threshold: scoreSchema.optional() }),
  ),
  /** What stands against each other: words as "1986 against 1989", digests, or words that most others have. */
  against: z.array(z.string()),
  /**
   * Passages without which the score would be higher or flags would not be raised, the one that weighs most first. None:
   * no passage alone decided, as in a loop. Without `scoreWithout`: where the bytes leave those of most others.
   */
  passages: z.array(passageSchema.extend({ scoreWithout: scoreSchema.optional(), flagsLifted: z.array(z.string()) })),
  /** Where other answers say something else: the passage of another answer that speaks of the same. */
  opposed: passageSchema.extend({ miner: minerSchema }).optional(),
});

/** What a role holds against a submission. */
export type Grounds = z.infer<typeof groundsSchema>;

/** A flag's evidence for people: `truncated 0.90, raised from 0.60`; the flag alone where no number is behind it. */
export function evidenceText({ flag, strength, threshold }: Grounds['evidence'][number]): string {
  if (strength === undefined || threshold === undefined) return flag;
  return `${flag} ${scoreText(strength)}, raised from ${scoreText(threshold)}`;
}

/** What a passage did, for people: `without it 0.98 instead of 0.00, and not truncated`. */
export function passageText(
  score: number | undefined,
  { scoreWithout, flagsLifted }: Grounds['passages'][number],
): string {
  if (score === undefined || scoreWithout === undefined) return 'differs from here on';
  const lifted = flagsLifted.length === 0 ? '' : `, and not ${flagsLifted.join(', ')}`;
  return `without it ${scoreText(scoreWithout)} instead of ${scoreText(score)}${lifted}`;
}

/** Basis points as a score between 0.00 and 1.00. */
export function scoreText(basisPoints: number): string {
  return (basisPoints / scoreMax).toFixed(2);
}
