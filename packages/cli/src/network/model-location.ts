/** Location of the embedding model: the default one of the set-up, unless the environment names another. */
import { shippedFile } from './installation.ts';

/** Folder and name of the model, and whether it may be fetched from the hub. */
export function modelPlace(): { readonly modelDir: string; readonly modelName: string; readonly allowRemote: boolean } {
  return {
    allowRemote: process.env.ALLOW_REMOTE_MODEL === 'true',
    modelDir: process.env.MODEL_DIR ?? shippedFile('models'),
    modelName: process.env.EMBEDDING_MODEL ?? 'universal-sentence-encoder-lite',
  };
}
