/** The tokenizer of a GGUF file (byte pairs, as GPT-2's) in the form that Transformers.js loads. */

/** What llama.cpp calls the ways of cutting a text into words. */
const wordCuts = {
  smollm: [
    { type: 'Digits', individual_digits: true },
    { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  ],
  'gpt-2': [{ type: 'ByteLevel', add_prefix_space: false, use_regex: true }],
};
/** A control token in the file's list of types. */
const controlType = 3;

/** `tokenizer.json`. Throws if the file has another kind of tokenizer. */
export function tokenizerJson(metadata) {
  const kind = metadata['tokenizer.ggml.model'];
  const cut = metadata['tokenizer.ggml.pre'];
  if (kind !== 'gpt2' || wordCuts[cut] === undefined)
    throw new Error(
      `The tokenizer "${kind}" with the cut "${cut}" is not known; known is "gpt2" with ${Object.keys(wordCuts).join(', ')}.`,
    );
  const tokens = metadata['tokenizer.ggml.tokens'];
  const types = metadata['tokenizer.ggml.token_type'];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: tokens.flatMap((content, id) =>
      types[id] === controlType
        ? [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }]
        : [],
    ),
    normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: wordCuts[cut] },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: metadata['tokenizer.ggml.merges'],
    },
  };
}

/** `tokenizer_config.json`. */
export function tokenizerConfig(metadata, { tokensMax }) {
  const tokenOf = (name) => metadata['tokenizer.ggml.tokens'][Number(metadata[`tokenizer.ggml.${name}_token_id`])];
  return {
    tokenizer_class: 'GPT2Tokenizer',
    model_max_length: tokensMax,
    bos_token: tokenOf('bos'),
    eos_token: tokenOf('eos'),
    pad_token: tokenOf('padding') ?? tokenOf('eos'),
    clean_up_tokenization_spaces: false,
  };
}
