/** The registry of miner endpoints: a file that the Router's operator writes. */
import { addressSchema, digestSchema, textSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import { z } from 'zod';

const loopback = ['127.0.0.1', '[::1]', 'localhost'];
const minersMax = 1_024;
const modelsMax = 256;

/** `https:`, or `http:` on this machine; no credentials, query or fragment. */
function isSafeUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback.includes(url.hostname));
}

const minerSchema = z.strictObject({
  name: textSchema.min(1).max(64),
  /** Base URL of its OpenAI-compatible API, as https://miner.example/v1. */
  url: z
    .string()
    .max(2_048)
    .refine(isSafeUrl, { error: 'must be https://, or http:// on loopback, without credentials and query' })
    .transform((url) => url.replace(/\/+$/, '')),
  /** Its answers count only with a signature by this key. */
  address: addressSchema,
  models: z.array(textSchema.min(1).max(limits.modelNameCharsMax)).min(1).max(modelsMax),
  /** The model that it must say it ran. */
  modelDigest: digestSchema.optional(),
  /** For a million tokens, in any unit that all entries share. */
  price: z.number().min(0).max(1e12).default(0),
  /** Requests that the Router has at it at once. */
  concurrentMax: z.int().min(1).max(10_000).default(16),
  /** `removed`: never asked. */
  state: z.enum(['active', 'removed']).default('active'),
});

const isDistinct = (name: 'name' | 'address') => (all: readonly z.infer<typeof minerSchema>[]) =>
  new Set(all.map((one) => one[name])).size === all.length;

/** The file: a JSON array. One miner is one address, because a task takes one answer of each. */
export const minersSchema = z
  .array(minerSchema)
  .max(minersMax)
  .refine(isDistinct('name'), { error: 'has two miners of one name' })
  .refine(isDistinct('address'), { error: 'has two miners of one address' });

/** A registered endpoint. */
export type Miner = z.infer<typeof minerSchema>;

/** The models that active miners serve, each once, in order. */
export function modelsOf(miners: readonly Miner[]): string[] {
  return [...new Set(miners.filter(({ state }) => state === 'active').flatMap(({ models }) => models))].sort();
}
