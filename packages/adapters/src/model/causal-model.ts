/** A causal language model in this process, by Transformers.js: an ONNX folder with a key-value cache. */
import { AutoModelForCausalLM, AutoTokenizer, env, Tensor } from '@huggingface/transformers';
import { modelDigestOf } from './embedder-files.ts';

/** Tokens that are read in one run, so that the logits of a long text are never in memory at once. */
const tokensOfRun = 64;

/** Natural-order logits of one place: the next token is drawn from them. Valid until the next call. */
export type LogitsRow = Float32Array;

/** The model and its tokenizer. */
export interface CausalModel {
  /** Of the folder's files, see `embedder-files.ts`. */
  readonly filesDigest: `0x${string}`;
  /** Most tokens that the model was made for. */
  readonly tokensMax: number;
  readonly endToken: number | undefined;
  /** The tokens of a text, without marks that the text does not have. */
  encode(text: string): number[];
  /** What a token stands for. */
  decode(tokens: readonly number[]): string;
  /** A text that nothing was read of yet. */
  begin(): CausalReading;
  close(): Promise<void>;
}

/** A text that is being read. Calls must not overlap. */
export interface CausalReading {
  /** Reads more tokens, and hands in the logits after each, with the number of tokens before it. */
  read(tokens: readonly number[], take: (place: number, row: LogitsRow) => void, signal?: AbortSignal): Promise<void>;
}

/** Loads a folder with `config.json`, `tokenizer.json` and `onnx/model.onnx`. */
export async function loadCausalModel(folder: string, threads: number): Promise<CausalModel> {
  env.allowRemoteModels = false;
  const filesDigest = await modelDigestOf(folder);
  const [tokenizer, model] = await Promise.all([
    AutoTokenizer.from_pretrained(folder),
    AutoModelForCausalLM.from_pretrained(folder, {
      dtype: 'fp32',
      session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
    }),
  ]);
  const config = model.config as { max_position_embeddings?: number; eos_token_id?: number };
  return {
    filesDigest,
    tokensMax: config.max_position_embeddings ?? 512,
    endToken: config.eos_token_id,
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }),
    decode: (tokens) => tokenizer.decode([...tokens], { skip_special_tokens: false }),
    begin: () => new Reading((inputs) => model(inputs)),
    close: async () => {
      await model.dispose();
    },
  };
}

type Outputs = Readonly<Record<string, Tensor>>;

class Reading implements CausalReading {
  readonly #run: (inputs: Record<string, unknown>) => Promise<Outputs>;
  #past: Record<string, Tensor> | undefined;
  #length = 0;

  constructor(run: (inputs: Record<string, unknown>) => Promise<Outputs>) {
    this.#run = run;
  }

  async read(tokens: readonly number[], take: (place: number, row: LogitsRow) => void, signal?: AbortSignal) {
    for (let from = 0; from < tokens.length; from += tokensOfRun) {
      signal?.throwIfAborted();
      const part = tokens.slice(from, from + tokensOfRun);
      const outputs = await this.#run(this.#inputsOf(part));
      this.#past = Object.fromEntries(
        Object.entries(outputs)
          .filter(([name]) => name.startsWith('present'))
          .map(([name, tensor]) => [name.replace('present', 'past_key_values'), tensor]),
      );
      const { data, dims } = logitsOf(outputs);
      const width = dims.at(-1) ?? 0;
      for (let place = 0; place < part.length; place += 1)
        take(this.#length + place, data.subarray(place * width, (place + 1) * width));
      this.#length += part.length;
    }
  }

  #inputsOf(tokens: readonly number[]): Record<string, unknown> {
    const integers = (values: readonly number[]) =>
      new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
    const total = this.#length + tokens.length;
    return {
      input_ids: integers(tokens),
      attention_mask: integers(Array.from({ length: total }, () => 1)),
      position_ids: integers(tokens.map((_, place) => this.#length + place)),
      past_key_values: this.#past,
    };
  }
}

function logitsOf({ logits }: Outputs): { readonly data: Float32Array; readonly dims: readonly number[] } {
  if (logits === undefined || !(logits.data instanceof Float32Array))
    throw new Error('The model gives no logits in 32-bit floats.');
  return { data: logits.data, dims: logits.dims };
}
