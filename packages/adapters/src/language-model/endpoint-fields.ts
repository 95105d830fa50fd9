/** What an operator's file says of any model's endpoint: where it is, and what it may be sent. */

import { textSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import type { Clock } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { z } from 'zod';
import { readSecretFile } from '../keys/key-file.ts';
import type { Endpoint } from './endpoint-call.ts';

const loopback = ['127.0.0.1', '[::1]', 'localhost'];

/** A model's name at an endpoint. */
export const modelNameSchema = textSchema.min(1).max(limits.modelNameCharsMax);

/** The fields of every endpoint. */
export const endpointFields = {
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
} as const;

/** Where an endpoint is, and whose. */
interface EndpointPlace {
  readonly url: string;
  readonly own: boolean;
}

/** For `refine`: content must not go to another machine in clear, nor a key into a log. */
export function isSafePlace({ url: text, own }: EndpointPlace): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && (own || isLoopback(text)));
}

/** What is wrong where {@link isSafePlace} is false. */
export const unsafePlace = {
  error: 'must be https://, or http:// on loopback or with own, without credentials and query',
  path: ['url'],
};

/** Whether the endpoint may read sealed content. */
export function isOwnPlace({ url, own }: EndpointPlace): boolean {
  return own || isLoopback(url);
}

/** The endpoint to call. Throws if the key's file cannot be read, or if others can read it. */
export function endpointAt(
  { url, keyFile, timeoutMs }: EndpointPlace & { readonly keyFile?: string | undefined; readonly timeoutMs: number },
  clock: Clock,
): Endpoint {
  const apiKey = keyFile === undefined ? undefined : readSecretFile(keyFile);
  return { url: url.replace(/\/+$/, ''), apiKey, timeoutMs, clock };
}

function isLoopback(url: string): boolean {
  return loopback.includes(new URL(url).hostname);
}
