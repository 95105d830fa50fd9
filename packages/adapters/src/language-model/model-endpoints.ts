/** The operator's file of language models: which endpoint has which model, and what it may be sent. */
import { readFileSync } from 'node:fs';
import { checkShape } from '@assay/protocol/encoding/decode';
import { digestSchema } from '@assay/protocol/encoding/fields';
import type { LanguageModel } from '@assay/protocol/language-model/language-model';
import type { Clock, Log } from '@assay/protocol/ports';
import { z } from 'zod';
import {
  endpointAt,
  endpointFields,
  isOwnPlace,
  isSafePlace,
  modelNameSchema,
  unsafePlace,
} from './endpoint-fields.ts';
import { connectEndpointModel } from './endpoint-model.ts';

const endpointSchema = z
  .strictObject({
    modelDigest: digestSchema,
    model: modelNameSchema,
    ...endpointFields,
    /** Alternatives of a token that it is asked for: vLLM gives 20 unless started with more. */
    likeliest: z.int().min(1).max(100).default(20),
  })
  .refine(isSafePlace, unsafePlace);

/** An endpoint, as the file has it. */
export type ModelEndpoint = z.infer<typeof endpointSchema>;

const fileSchema = z
  .array(endpointSchema)
  .max(64)
  .refine((all) => new Set(all.map(({ modelDigest }) => modelDigest)).size === all.length, {
    error: 'has two endpoints of one model',
  });

/** Reads the file. Throws with the wrong field. */
export function readModelEndpoints(file: string): readonly ModelEndpoint[] {
  const checked = checkShape(fileSchema, JSON.parse(readFileSync(file, 'utf8')));
  if (!checked.ok) throw new Error(`${file}: ${checked.refusal.detail}`);
  return checked.value;
}

/** What is needed besides the file. */
export interface ModelEndpointContext {
  /** What stands before and after a prompt in the model's chat template. */
  readonly before: string;
  readonly after: string;
  readonly clock: Clock;
  readonly log?: Pick<Log, 'info' | 'warn'>;
}

/** Connects to the model of an endpoint. Rejects like {@link connectEndpointModel}. */
export function connectModelEndpoint(
  entry: ModelEndpoint,
  { before, after, clock, log }: ModelEndpointContext,
): Promise<LanguageModel> {
  const { modelDigest, model, likeliest, requestsMax, tokensPerMinute } = entry;
  return connectEndpointModel({
    ...endpointAt(entry, clock),
    modelDigest,
    model,
    requestsMax,
    tokensPerMinute,
    isOwn: isOwnPlace(entry),
    likeliestMax: likeliest,
    probe: {
      context: `${before}Count from one to ten.${after}`,
      text: 'One, two, three, four, five, six, seven, eight, nine, ten.',
    },
    log,
  });
}
