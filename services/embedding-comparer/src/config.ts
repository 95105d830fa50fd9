/** Settings of the embedding comparer. */
import { validatorSettings } from '@assay/runtime/service/settings';
import { z } from 'zod';

export const settings = {
  ...validatorSettings,
  MODEL_DIR: z.string().min(1).default('models').describe('Folder that holds the models'),
  EMBEDDING_MODEL: z
    .string()
    .min(1)
    .default('universal-sentence-encoder-lite')
    .describe('Model: a folder in MODEL_DIR, or a name on the hub of models'),
  ALLOW_REMOTE_MODEL: z
    .enum(['true', 'false'])
    .default('false')
    .describe('true: a model without a folder may be fetched from the hub'),
  MODEL_THREADS: z.coerce.number().int().min(1).max(64).default(1).describe('Threads for the model'),
} as const;
