/** Where the embedding model is: the default one of the set-up, unless the environment names another. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Folder and name of the model, and whether it may be fetched from the hub. */
export function modelPlace(): { readonly modelDir: string; readonly modelName: string; readonly allowRemote: boolean } {
  return {
    allowRemote: process.env.ALLOW_REMOTE_MODEL === 'true',
    modelDir: process.env.MODEL_DIR ?? join(root, 'models'),
    modelName: process.env.EMBEDDING_MODEL ?? 'universal-sentence-encoder-lite',
  };
}
