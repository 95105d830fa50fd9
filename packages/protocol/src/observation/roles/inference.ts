/** The role `inference`: is the text one that the model named by the task would have written? */
import { z } from 'zod';
import { contentFlags, defineRole, finding, note } from '../role-definition.ts';

// `encoding/fields.ts` imports the list of roles, so its schemas cannot be used here.
const markSchema = z
  .string()
  .max(4_096)
  .refine((text) => text.isWellFormed(), { error: 'has a lone surrogate' });
const modelDigestSchema = z.string().regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 hexadecimal digits in lower case');

/** A model that tasks may name, and how a prompt becomes its context: the marks of its chat template. */
const modelSchema = z.strictObject({
  digest: modelDigestSchema,
  before: markSchema,
  after: markSchema,
});

export const inference = defineRole({
  name: 'inference',
  index: 3,
  service: 'inference-validator',
  asks: 'Is the submission a text that the model named by the task would have written?',
  usesModel: false,
  inEveryPolicy: false,
  scoreOnChain: false,
  flags: {
    ...contentFlags({ missing: 0, mismatch: 1, unsealed: 2, locked: 3, incomplete: 4, unobserved: 5 }),
    'another-model': note(6, 'The model that its task names would hardly have written it.'),
    'model-not-named': finding(7, 'Its task names no model of the policy.'),
    'sampling-unknown': finding(8, 'Its task does not say how answers are sampled, or in a way that cannot be tested.'),
    'too-short': finding(9, 'It has too few tokens to tell whose it is.'),
    'model-unavailable': finding(10, "The operator's language model did not answer."),
    'model-not-believed': finding(11, "The operator's language model gave an answer that cannot be right."),
    'not-shared': finding(12, "It is sealed, and the operator's language model runs at somebody else's endpoint."),
  },
  rules: {
    models: z.array(modelSchema).min(1).max(8),
    /** Most likely tokens of a place that are told apart; the others count as one. */
    likeliest: z.int().min(1).max(96),
    tokensMin: z.int().min(1).max(10_000),
    /** The part of a text that is scored, from its beginning. */
    charsMax: z.int().min(16).max(262_144),
    /** How much less likely (thousandths) than the most likely token another one is at most to count as equally likely. */
    tieMilli: z.int().min(0).max(1_000),
    /** Share of tokens of an honest text at temperature 0 that are not the most likely ones, millionths. */
    missesPpm: z.int().min(1).max(200_000),
  },
});
