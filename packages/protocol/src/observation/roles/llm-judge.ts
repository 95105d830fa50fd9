/** The role `llm-judge`: how good is a submission by a rubric, as a language model of the operator's grades it? */
import { z } from 'zod';
import { contentFlags, defineRole, finding, note } from '../role-definition.ts';

/** Sums of two grades of 0 to 10, from 0 to 20. */
const sumsOfGrades = 21;

export const llmJudge = defineRole({
  name: 'llm-judge',
  index: 4,
  service: 'llm-judge',
  asks: "How good is the submission by the policy's rubric, as a language model grades it?",
  usesModel: false,
  inEveryPolicy: false,
  scoreOnChain: false,
  flags: {
    ...contentFlags({ missing: 0, mismatch: 1, unsealed: 2, locked: 3, incomplete: 4, unobserved: 5 }),
    'nothing-to-judge': finding(6, 'It is empty, one word, or a phrase that only announces an answer.'),
    'graded-low': note(7, 'The language model gave it low grades.'),
    'not-asked': finding(8, 'The policy does not have it judged: it is not in the sample, or another role decides.'),
    'judge-refused': finding(9, 'The language model declined to grade it.'),
    'judge-off-format': finding(10, 'The language model wrote something else than grades.'),
    'orders-disagree': finding(11, 'The language model graded it differently in another order.'),
    'model-unavailable': finding(12, "The operator's language model did not answer."),
    'model-not-believed': finding(13, "The operator's language model gave an answer that cannot be right."),
    'not-shared': finding(14, "It is sealed, and the operator's language model runs at somebody else's endpoint."),
  },
  rules: {
    /** The digest of the model that judges. */
    model: z.string().regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 hexadecimal digits in lower case'),
    rubric: z
      .string()
      .min(1)
      .max(8_192)
      .refine((text) => text.isWellFormed(), { error: 'has a lone surrogate' }),
    /** `undecided`: only submissions on which the semantic role abstains. */
    asked: z.enum(['all', 'undecided']),
    /** Share of the tasks that are judged at all, millionths. */
    samplePpm: z.int().min(0).max(1_000_000),
    /** Answers in one question. 1: no answer can speak to the judge about another. */
    together: z.int().min(1).max(8),
    /** The part of the prompt and of each answer that the judge reads, from its beginning. */
    charsMax: z.int().min(16).max(65_536),
    /** How far apart the grades of the two orders may be. */
    apartMax: z.int().min(0).max(10),
    /** Score by the sum of both grades, basis points: the calibration of this model and rubric. */
    scores: z
      .array(z.int().min(0).max(10_000))
      .length(sumsOfGrades)
      .refine((all) => all.every((score, at) => at === 0 || score >= (all[at - 1] ?? 0)), { error: 'must not fall' }),
    /** Score of what is not asked. */
    notAskedScore: z.int().min(0).max(10_000),
  },
});
