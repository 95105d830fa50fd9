/** The operator's file of language models: which endpoint or folder has which model, and what it may be sent. */
import { readFileSync } from 'node:fs';
import { checkShape } from '@assay/protocol/encoding/decode';
import { digestSchema } from '@assay/protocol/encoding/fields';
import type { LanguageModel } from '@assay/protocol/language-model/language-model';
import type { Clock, Log } from '@assay/protocol/ports';
import { z } from 'zod';
import { localLanguageModel } from '../model/local-language-model.ts';
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

const folderSchema = z.strictObject({
  modelDigest: digestSchema,
  /** Folder with an ONNX model, from which the validator runs it in its own process. */
  folder: z.string().min(1).max(4_096),
  /** Digest of the folder's files, as an embedding model has one. */
  filesDigest: digestSchema.optional(),
  likeliest: z.int().min(1).max(100).default(20),
  /** Tokens of prompt and answer together, at most: the model keeps what it has read in memory. */
  tokensMax: z.int().min(16).max(32_768).default(2_048),
  threads: z.int().min(1).max(256).default(1),
});

/** A model in a folder, as the file has it. */
export type ModelFolder = z.infer<typeof folderSchema>;

/** Where a model is. */
export type ModelPlace = ModelEndpoint | ModelFolder;

const fileSchema = z.array(z.looseObject({})).max(64);

/** Reads the file. Throws with the wrong field. */
export function readModelPlaces(file: string): readonly ModelPlace[] {
  const entries = checkShape(fileSchema, JSON.parse(readFileSync(file, 'utf8')));
  if (!entries.ok) throw new Error(`${file}: ${entries.refusal.detail}`);
  const places = entries.value.map((entry, at): ModelPlace => {
    const checked = 'folder' in entry ? checkShape(folderSchema, entry) : checkShape(endpointSchema, entry);
    if (!checked.ok) throw new Error(`${file}: ${at}.${checked.refusal.detail}`);
    return checked.value;
  });
  if (new Set(places.map(({ modelDigest }) => modelDigest)).size < places.length)
    throw new Error(`${file}: has two endpoints of one model`);
  return places;
}

/** The entry as an endpoint. Throws if it is a folder: a judge needs a chat template, which a server knows. */
export function requireEndpoint(place: ModelPlace): ModelEndpoint {
  if ('folder' in place)
    throw new Error(`The model in ${place.folder} cannot be a judge; serve it at an endpoint, and name its url.`);
  return place;
}

/** What is needed besides the file. */
export interface ModelPlaceContext {
  /** What stands before and after a prompt in the model's chat template. */
  readonly before: string;
  readonly after: string;
  readonly clock: Clock;
  readonly log?: Pick<Log, 'info' | 'warn'>;
}

/** Connects to the model of an entry. Rejects like {@link connectEndpointModel}, or if a folder has other files. */
export async function connectModelPlace(place: ModelPlace, context: ModelPlaceContext): Promise<LanguageModel> {
  if ('folder' in place) return loadModelFolder(place, context);
  const { before, after, clock, log } = context;
  const { modelDigest, model, likeliest, requestsMax, tokensPerMinute } = place;
  return connectEndpointModel({
    ...endpointAt(place, clock),
    modelDigest,
    model,
    requestsMax,
    tokensPerMinute,
    isOwn: isOwnPlace(place),
    likeliestMax: likeliest,
    probe: {
      context: `${before}Count from one to ten.${after}`,
      text: 'One, two, three, four, five, six, seven, eight, nine, ten.',
    },
    log,
  });
}

async function loadModelFolder(place: ModelFolder, { log }: ModelPlaceContext): Promise<LanguageModel> {
  const { modelDigest, folder, filesDigest, likeliest, tokensMax, threads } = place;
  // Images without an embedding model have no inference engine, and need none for endpoints.
  const { loadCausalModel } = await import('../model/causal-model.ts').catch((cause: unknown) => {
    throw new Error(`No inference engine is installed to run ${folder}: name an endpoint by "url" instead.`, { cause });
  });
  const model = await loadCausalModel(folder, threads);
  if (model.filesDigest !== filesDigest) {
    await model.close();
    const known = filesDigest === undefined ? 'add that as filesDigest' : `the file says ${filesDigest}`;
    throw new Error(`The files in ${folder} have the digest ${model.filesDigest}; ${known}.`);
  }
  log?.info('language model loaded', { folder, modelDigest, filesDigest });
  return localLanguageModel(model, { modelDigest, likeliestMax: likeliest, tokensMax });
}
