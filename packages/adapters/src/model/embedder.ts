/** Sentence embeddings by Transformers.js. */
import type { Embedder, Log } from '@assay/protocol/ports';
import {
  AutoModel,
  AutoTokenizer,
  env,
  type PreTrainedModel,
  type PreTrainedTokenizer,
  Tensor,
} from '@huggingface/transformers';
import { LRUCache } from 'lru-cache';
import { BatchQueue, type TokenRow } from './embedder-batches.ts';
import { chunkText } from './embedder-chunks.ts';
import { findModelFolder, modelDigestOf } from './embedder-files.ts';

export interface EmbedderOptions {
  /** The folder that holds model folders; downloads go there too. */
  readonly modelDir: string;
  /** A folder inside `modelDir`, a path, or (with `allowRemote`) a name at the model hub. */
  readonly modelName: string;
  /** Fetch the model from the hub when there is no such folder. */
  readonly allowRemote?: boolean;
  readonly log?: Pick<Log, 'info'>;
  /** Inference threads; one by default, because many processes share a machine. */
  readonly threads?: number;
}

/**
 * Chunks whose tokens are cached from {@link Embedder.chunk} to {@link Embedder.embed}, so that they are tokenized
 * once.
 */
const keptRowsMax = 8_192;
/** Default token limit of a model if neither its tokenizer nor its config states one. */
const maxTokensDefault = 512;

/** Output names in order of preference: one vector for each text, otherwise one for each token. */
const pooledOutputs = ['sentence_embedding'];
const tokenOutputs = ['last_hidden_state', 'token_embeddings'];

/** Loads a model and computes one text with it, so that a wrong model fails here. */
export async function loadEmbedder(options: EmbedderOptions): Promise<Embedder> {
  const startedMs = performance.now();
  const folder = findModelFolder(options.modelDir, options.modelName);
  if (folder === undefined && options.allowRemote !== true) {
    throw new Error(
      `No embedding model ${options.modelName} in ${options.modelDir}. Run "npm run setup" to make the default one, ` +
        'or set MODEL_DIR and EMBEDDING_MODEL to a folder with config.json, tokenizer.json and onnx/model.onnx.',
    );
  }
  env.allowRemoteModels = folder === undefined;
  env.cacheDir = options.modelDir;
  const source = folder ?? options.modelName;
  const threads = options.threads ?? 1;
  const [tokenizer, model] = await Promise.all([
    AutoTokenizer.from_pretrained(source),
    AutoModel.from_pretrained(source, {
      dtype: 'fp32',
      session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
    }),
  ]);
  const loadedFolder = folder ?? findModelFolder(options.modelDir, options.modelName);
  if (loadedFolder === undefined) throw new Error(`The downloaded model is not in ${options.modelDir}.`);
  const modelDigest = await modelDigestOf(loadedFolder);
  const encoder = new TransformersEncoder(tokenizer, model);
  await encoder.embed(['probe']);
  options.log?.info('embedding model loaded', {
    model: options.modelName,
    modelDigest,
    maxTokens: encoder.maxTokens,
    elapsedMs: Math.round(performance.now() - startedMs),
  });
  return {
    modelDigest,
    dimensions: encoder.dimensions,
    maxTokens: encoder.maxTokens,
    embed: (texts) => encoder.embed(texts),
    chunk: (text, maxChunks) => encoder.chunk(text, maxChunks),
    close: () => encoder.close(),
  };
}

/** One tokenizer and one inference session. Calls that overlap share batches, which run one after another. */
class TransformersEncoder {
  readonly maxTokens: number;
  readonly #tokenizer: PreTrainedTokenizer;
  readonly #model: PreTrainedModel;
  readonly #batches = new BatchQueue((rows) => this.#embedBatch(rows));
  readonly #kept = new LRUCache<string, TokenRow>({ max: keptRowsMax });
  readonly #wordCosts = new LRUCache<string, number>({ max: keptRowsMax });
  #dimensions = 0;

  constructor(tokenizer: PreTrainedTokenizer, model: PreTrainedModel) {
    this.#tokenizer = tokenizer;
    this.#model = model;
    const config = model.config as { max_position_embeddings?: number };
    const known = [tokenizer.model_max_length, config.max_position_embeddings].filter((limit) =>
      Number.isSafeInteger(limit),
    );
    this.maxTokens = known.length === 0 ? maxTokensDefault : Math.min(...(known as number[]));
  }

  /** Number of values of a vector; known after the first text. */
  get dimensions(): number {
    return this.#dimensions;
  }

  /**
   * One vector of length 1 for each text. A text without tokens (an empty one) gets zeros, whose cosine to anything is
   * 0.
   */
  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    const rows = texts.map((text) => this.#rowOf(text));
    for (const [place, { length }] of rows.entries()) {
      if (length > this.maxTokens) {
        throw new RangeError(
          `Text ${place + 1} of ${texts.length} has ${length} tokens; the model sees ${this.maxTokens}. Chunk it first.`,
        );
      }
    }
    const vectors = await this.#batches.add(rows.filter((row) => row.length > 0));
    const inOrder = vectors.values();
    return rows.map((row) =>
      row.length > 0 ? (inOrder.next().value as Float32Array) : new Float32Array(this.#dimensions),
    );
  }

  chunk(text: string, maxChunks: number): string[] {
    const special = this.#idsOf('').length;
    return chunkText(
      text,
      {
        exact: (part) => this.#keptRowOf(part).length - special,
        word: (word) => kept(this.#wordCosts, word, () => this.#idsOf(word).length - special),
      },
      { maxTokens: this.maxTokens - special, maxChunks },
    );
  }

  async close(): Promise<void> {
    await this.#batches.idle();
    await this.#model.dispose();
  }

  #idsOf(text: string): number[] {
    return this.#tokenizer(text, { return_tensor: false }).input_ids;
  }

  #keptRowOf(text: string): TokenRow {
    return kept(this.#kept, text, () => this.#idsOf(text));
  }

  /** The tokens of a text, removed from the cache. */
  #rowOf(text: string): TokenRow {
    const row = this.#kept.get(text) ?? this.#idsOf(text);
    this.#kept.delete(text);
    return row;
  }

  async #embedBatch(batch: readonly TokenRow[]): Promise<Float32Array[]> {
    const tokens = Math.max(...batch.map((row) => row.length));
    const ids = new BigInt64Array(batch.length * tokens).fill(BigInt(this.#tokenizer.pad_token_id ?? 0));
    const mask = new BigInt64Array(batch.length * tokens);
    for (const [index, row] of batch.entries()) {
      ids.set(row.map(BigInt), index * tokens);
      mask.fill(1n, index * tokens, index * tokens + row.length);
    }
    const dims = [batch.length, tokens];
    const outputs: Record<string, Tensor> = await this.#model({
      input_ids: new Tensor('int64', ids, dims),
      attention_mask: new Tensor('int64', mask, dims),
    });
    const vectors = vectorsOf(outputs, batch);
    this.#dimensions = vectors[0]?.length ?? 0;
    return vectors;
  }
}

/** Returns the cached value of a text, or computes it. */
function kept<Value extends object | number>(
  memory: LRUCache<string, Value>,
  text: string,
  compute: () => Value,
): Value {
  const known = memory.get(text);
  if (known !== undefined) return known;
  const value = compute();
  memory.set(text, value);
  return value;
}

/** The vectors of a batch from the model's outputs: pooled by the model, otherwise the mean over each text's tokens. */
function vectorsOf(outputs: Record<string, Tensor>, batch: readonly TokenRow[]): Float32Array[] {
  const pooled = pooledOutputs.map((name) => outputs[name]).find((tensor) => tensor !== undefined);
  if (pooled !== undefined) {
    const width = pooled.dims[1] as number;
    const data = pooled.data as Float32Array;
    return batch.map((_, row) => normalised(data.slice(row * width, (row + 1) * width)));
  }
  const hidden = tokenOutputs.map((name) => outputs[name]).find((tensor) => tensor !== undefined);
  if (hidden === undefined) {
    throw new Error(
      `The model gives ${Object.keys(outputs).join(', ')}, where one of ${[...pooledOutputs, ...tokenOutputs].join(', ')} ` +
        'is needed. Choose a feature-extraction model (EMBEDDING_MODEL).',
    );
  }
  const [, tokens, width] = hidden.dims as [number, number, number];
  const data = hidden.data as Float32Array;
  return batch.map(({ length }, row) => {
    const first = row * tokens * width;
    return normalised(meanOf(data.subarray(first, first + length * width), width));
  });
}

/** The mean of rows of `width` values that lie one after another. */
function meanOf(rows: Float32Array, width: number): Float32Array {
  const sum = new Float64Array(width);
  for (const [index, value] of rows.entries()) sum[index % width] = (sum[index % width] as number) + value;
  return Float32Array.from(sum, (value) => (value * width) / rows.length);
}

/** Scales a vector to length 1 in place; a zero vector stays zero. */
function normalised(vector: Float32Array): Float32Array {
  let square = 0;
  for (const value of vector) square += value * value;
  const length = Math.sqrt(square);
  if (length === 0) return vector;
  for (let index = 0; index < vector.length; index += 1) vector[index] = (vector[index] as number) / length;
  return vector;
}
