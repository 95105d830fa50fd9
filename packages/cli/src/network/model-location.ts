/** Location of the embedding model: the default one of the set-up, unless the environment names another. */
import { shippedFile } from './installation.ts';

/** Where the model is. */
export interface ModelPlace {
  readonly modelDir: string;
  readonly modelName: string;
  /** Whether it may be fetched from the hub. */
  readonly allowRemote: boolean;
  /** The file of an endpoint that has the model instead. */
  readonly endpointFile?: string;
}

/** Folder and name of the model, or its endpoint. */
export function modelPlace(): ModelPlace {
  const { ALLOW_REMOTE_MODEL, MODEL_DIR, EMBEDDING_MODEL, EMBEDDING_ENDPOINT_FILE: endpointFile } = process.env;
  return {
    allowRemote: ALLOW_REMOTE_MODEL === 'true',
    modelDir: MODEL_DIR ?? shippedFile('models'),
    modelName: EMBEDDING_MODEL ?? 'universal-sentence-encoder-lite',
    ...(endpointFile !== undefined && { endpointFile }),
  };
}
