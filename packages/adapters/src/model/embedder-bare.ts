/** The bare embedding model: tokenizer and model on batches of texts, and nothing else. */
import { AutoModel, AutoTokenizer, env } from '@huggingface/transformers';
import type { EmbedderOptions } from './embedder.ts';
import { findModelFolder } from './embedder-files.ts';

/** The baseline for measuring the overhead around the model. */
export interface BareModel {
  /** Computes the texts, `batchSize` at a time, shortest first to reduce padding. Blocks the thread. */
  run(texts: readonly string[], batchSize: number): Promise<void>;
  close(): Promise<void>;
}

/** Loads a model that is on disk. */
export async function loadBareModel({ modelDir, modelName, threads = 1 }: EmbedderOptions): Promise<BareModel> {
  const folder = findModelFolder(modelDir, modelName);
  if (folder === undefined) throw new Error(`No embedding model ${modelName} in ${modelDir}.`);
  env.allowRemoteModels = false;
  const [tokenizer, model] = await Promise.all([
    AutoTokenizer.from_pretrained(folder),
    AutoModel.from_pretrained(folder, {
      dtype: 'fp32',
      session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
    }),
  ]);
  return {
    run: async (texts, batchSize) => {
      const sorted = texts.toSorted((a, b) => a.length - b.length);
      for (let start = 0; start < sorted.length; start += batchSize)
        await model(tokenizer(sorted.slice(start, start + batchSize), { padding: true, truncation: true }));
    },
    close: async () => void (await model.dispose()),
  };
}
