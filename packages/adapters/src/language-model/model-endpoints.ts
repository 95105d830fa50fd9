/** The operator's file of language models: which endpoint has which model, and what it may be sent. */
import { readFileSync } from 'node:fs';
import { checkShape } from '@assay/protocol/encoding/decode';
import { digestSchema, textSchema } from '@assay/protocol/encoding/fields';
import type { LanguageModel } from '@assay/protocol/language-model/language-model';
import { limits } from '@assay/protocol/limits';
import type { Clock, Log } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { z } from 'zod';
import { readSecretFile } from '../keys/key-file.ts';
import { connectEndpointModel } from './endpoint-model.ts';

const loopback = ['127.0.0.1', '[::1]', 'localhost'];

const endpointSchema = z
  .strictObject({
    modelDigest: digestSchema,
    /** The model's name at the endpoint. */
    model: textSchema.min(1).max(limits.modelNameCharsMax),
    /** Base URL of its API, as https://models.example/v1. */
    url: z.string().max(2_048),
    /** File of mode 0600 with the key, sent as a bearer token. */
    keyFile: z.string().min(1).optional(),
    /** True for an endpoint that the operator runs: it may read sealed content, and be reached without TLS. */
    own: z.boolean().default(false),
    /** Tokens that it may be sent in a minute, counted as a quarter of the bytes; without a limit if absent. */
    tokensPerMinute: z.int().min(1).max(1e12).optional(),
    timeoutMs: z.int().min(100).max(600_000).default(15_000),
    requestsMax: z.int().min(1).max(1_024).default(tuning.modelRequestsMax),
    /** Alternatives of a token that it is asked for: vLLM gives 20 unless started with more. */
    likeliest: z.int().min(1).max(100).default(20),
  })
  .refine(({ url, own }) => isSafeUrl(url, own), {
    error: 'must be https://, or http:// on loopback or with own, without credentials and query',
    path: ['url'],
  });

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
  { keyFile, own, likeliest, url, ...endpoint }: ModelEndpoint,
  { before, after, clock, log }: ModelEndpointContext,
): Promise<LanguageModel> {
  return connectEndpointModel({
    ...endpoint,
    url: url.replace(/\/+$/, ''),
    apiKey: keyFile === undefined ? undefined : readSecretFile(keyFile),
    isOwn: own || isLoopback(url),
    likeliestMax: likeliest,
    probe: {
      context: `${before}Count from one to ten.${after}`,
      text: 'One, two, three, four, five, six, seven, eight, nine, ten.',
    },
    clock,
    log,
  });
}

function isSafeUrl(text: string, isOwn: boolean): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && (isOwn || isLoopback(text)));
}

function isLoopback(url: string): boolean {
  return loopback.includes(new URL(url).hostname);
}
