/**
 * The operator's file of an embedding model at an endpoint. What operators must agree on has a digest, which the policy
 * names like that of a model's files: how texts are given to the model, and the cosines that it must have for known
 * sentences. The weights of a server elsewhere cannot be hashed, but what they compute can be compared.
 */
import { readFileSync } from 'node:fs';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { canonicalDigest } from '@assay/protocol/encoding/canonical';
import { checkShape } from '@assay/protocol/encoding/decode';
import { textSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import type { Embedder } from '@assay/protocol/ports';
import { z } from 'zod';
import { endpointFields, isSafePlace, modelNameSchema, unsafePlace } from '../language-model/endpoint-fields.ts';
import { chunkText } from './embedder-chunks.ts';

/** Sentences whose cosines tell one model from another: paraphrase, subject, language, code. */
export const probeSentences = [
  'The tide rises twice a day because the Moon pulls the water of the oceans.',
  "Twice each day the sea comes in, drawn by the Moon's gravity.",
  'La marea sube dos veces al día porque la Luna atrae el agua de los océanos.',
  'Bread needs flour, water, yeast and time.',
  'def add(a, b): return a + b',
] as const;

/** Pairs of the sentences, in the order of a fingerprint. */
export const probePairs: readonly (readonly [number, number])[] = probeSentences.flatMap((_, a) =>
  probeSentences.slice(0, a).map((_other, b) => [b, a] as const),
);

/** What operators must agree on. */
const sharedFields = {
  /** The model's name among the operators. */
  name: modelNameSchema,
  dimensions: z.int().min(1).max(8_192),
  /** UTF-8 bytes of a text that the model reads whole, with the prefix. A token of any model has at least one. */
  bytesMax: z.int().min(64).max(65_536),
  /** What stands before each text, as "query: " for E5 models. */
  prefix: textSchema.max(256).default(''),
  /** Cosines of the probe sentences, thousandths. */
  fingerprint: z.array(z.int().min(-1_000).max(1_000)).length(probePairs.length).optional(),
} as const;

const endpointSchema = z
  .strictObject({
    ...sharedFields,
    /** The model's name at this endpoint; the shared one if absent. */
    model: modelNameSchema.optional(),
    ...endpointFields,
    /** Texts of one request. */
    textsMax: z.int().min(1).max(512).default(16),
  })
  .refine(isSafePlace, unsafePlace)
  .refine(({ prefix, bytesMax }) => Buffer.byteLength(prefix) <= bytesMax / 2, {
    error: 'takes more than half of bytesMax',
    path: ['prefix'],
  });

/** An endpoint, as the file has it. */
export type EmbeddingEndpoint = z.infer<typeof endpointSchema>;

/** Reads the file. Throws with the wrong field. */
export function readEmbeddingEndpoint(file: string): EmbeddingEndpoint {
  const checked = checkShape(endpointSchema, JSON.parse(readFileSync(file, 'utf8')));
  if (!checked.ok) throw new Error(`${file}: ${checked.refusal.detail}`);
  return checked.value;
}

/** The digest by which policies name the model. */
export function endpointModelDigest(endpoint: EmbeddingEndpoint): Hex {
  const { name, dimensions, bytesMax, prefix, fingerprint } = endpoint;
  return canonicalDigest('assay embedding endpoint v1', {
    name,
    dimensions,
    bytesMax,
    prefix,
    fingerprint: fingerprint ?? null,
  });
}

/** The part of an embedder that needs no model: how texts are cut for it. */
export type EndpointCuts = Pick<Embedder, 'modelDigest' | 'dimensions' | 'maxTokens' | 'chunk'>;

/**
 * How texts are cut for the model of an endpoint. Bytes stand for tokens, because the tokenizer is elsewhere: no text is
 * longer than the model reads, whatever the server does with longer ones.
 */
export function endpointCuts(endpoint: EmbeddingEndpoint): EndpointCuts {
  const maxTokens = endpoint.bytesMax - Buffer.byteLength(endpoint.prefix);
  const bytesOf = (text: string) => Buffer.byteLength(text);
  return {
    modelDigest: endpointModelDigest(endpoint),
    dimensions: endpoint.dimensions,
    maxTokens,
    chunk: (text, maxChunks) =>
      chunkText(
        text,
        { exact: bytesOf, word: bytesOf },
        { maxTokens, maxChunks: Math.min(maxChunks, limits.chunksMax) },
      ),
  };
}
