/** A check that compares embeddings, computed by a thread that holds the model (see `serve-vector-check.ts`). */
import { type EmbeddingEndpoint, readEmbeddingEndpoint } from '@assay/adapters/model/embedding-endpoint';
import { connectEndpointEmbedder } from '@assay/adapters/model/endpoint-embedder';
import { startWorkThread } from '@assay/adapters/process/work-thread';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Clock, Log } from '@assay/protocol/ports';
import { type ComparerFacts, comparerCheck } from '@assay/runtime/check/comparer-check';
import { fromSettingLater, SettingsError, type validatorSettings } from '@assay/runtime/service/settings';
import { z } from 'zod';
import { type CheckSetup, checkSetup } from './content-check.ts';
import { requireFaultsAbstain } from './fault-flags.ts';
import type { ConnectCheck } from './run-validator.ts';

const endpointSetting = 'EMBEDDING_ENDPOINT_FILE';

/** Settings of a validator that has an embedding model, besides those of every validator. */
export const modelSettings = {
  MODEL_DIR: z.string().min(1).default('models').describe('Folder that holds the models'),
  EMBEDDING_MODEL: z
    .string()
    .min(1)
    .default('universal-sentence-encoder-lite')
    .describe('Model: a folder in MODEL_DIR, or a name at the model hub'),
  ALLOW_REMOTE_MODEL: z
    .enum(['true', 'false'])
    .default('false')
    .describe('true: a model that is not a folder may be fetched from the model hub'),
  [endpointSetting]: z
    .string()
    .min(1)
    .optional()
    .describe('File of a model at an OpenAI-compatible endpoint (JSON), instead of EMBEDDING_MODEL'),
  MODEL_THREADS: z.coerce.number().int().min(1).max(64).default(1).describe('Threads that the model may use'),
} as const;

/** Where a thread finds its model. */
export interface ModelSetup {
  readonly modelDir: string;
  readonly modelName: string;
  readonly allowRemote: boolean;
  /** Threads of the model itself. */
  readonly threads: number;
}

/** What the thread of a check with a model is started with; `endpoint`: the model is there, and not loaded. */
export type VectorSetup = CheckSetup & ModelSetup & { readonly endpoint?: EmbeddingEndpoint };

/** Starts the thread whose file is `entry`. Throws {@link SettingsError} with a model that a policy is not made for. */
export function vectorCheck(entry: URL): ConnectCheck<typeof validatorSettings & typeof modelSettings> {
  return async ({ settings, ports, view }) => {
    const { log } = ports.telemetry;
    const elsewhere = await modelElsewhere(settings[endpointSetting], ports.clock, log);
    if (elsewhere !== undefined) requireFaultsAbstain('embedding', view.policies.values());
    const setup: VectorSetup = {
      ...checkSetup(view),
      modelDir: settings.MODEL_DIR,
      modelName: settings.EMBEDDING_MODEL,
      allowRemote: settings.ALLOW_REMOTE_MODEL === 'true',
      threads: settings.MODEL_THREADS,
      ...(elsewhere !== undefined && { endpoint: elsewhere.endpoint }),
    };
    const thread = await startWorkThread<ComparerFacts>({ entry, data: setup, log });
    log.info('embedding model loaded', {
      model: elsewhere?.endpoint.name ?? settings.EMBEDDING_MODEL,
      ...thread.facts,
    });
    requireModel(thread.facts.modelDigest, view.policies.values(), elsewhere && endpointSetting);
    const check = comparerCheck({
      thread,
      cache: ports.cache,
      telemetry: ports.telemetry,
      ...(elsewhere !== undefined && { elsewhere: elsewhere.embedder }),
    });
    return { check, thread };
  };
}

/** The model of the operator's endpoint, connected; undefined without one. */
async function modelElsewhere(file: string | undefined, clock: Clock, log: Log) {
  if (file === undefined) return undefined;
  return fromSettingLater(endpointSetting, async () => {
    const endpoint = readEmbeddingEndpoint(file);
    return { endpoint, embedder: await connectEndpointEmbedder(endpoint, { clock, random: Math.random, log }) };
  });
}

function requireModel(
  modelDigest: Hex,
  policies: Iterable<Policy>,
  setting: 'EMBEDDING_MODEL' | typeof endpointSetting = 'EMBEDDING_MODEL',
): void {
  const wrong = [...policies].find((policy) => policy.modelDigest !== modelDigest);
  if (wrong === undefined) return;
  throw new SettingsError(
    `${setting}: the model is ${modelDigest}, but policy "${wrong.name}" is made for ${wrong.modelDigest}; set ${setting} to that model, or calibrate a policy for this one.`,
  );
}
