/** The encoder's SentencePiece vocabulary in the form that Transformers.js loads. */
import { dimensions, maxTokens } from './graph.mjs';

/** The first pieces are control symbols, which no text may contain. */
const reservedPieces = 6;
const unknownId = 0;
const paddingId = 1;
const space = '\u2581';

/**
 * The name of a control symbol. Spaces become `▁` before pieces are looked up, so a piece with a space can never match.
 * The unknown piece keeps its name.
 */
function reservedName(id, piece) {
  return id === unknownId ? piece : `reserved piece ${id}`;
}

/** `tokenizer.json`: a Unigram model behind NFKC, with every text prefixed by a space. */
export function tokenizerJson(vocabulary) {
  const lowest = Math.min(...vocabulary.map(([, score]) => score));
  const vocab = vocabulary.map(([piece, score], id) =>
    id < reservedPieces ? [reservedName(id, piece), lowest] : [piece, score],
  );
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFKC' },
        { type: 'Prepend', prepend: space },
        { type: 'Replace', pattern: { String: ' ' }, content: space },
      ],
    },
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Metaspace', replacement: space, prepend_scheme: 'always', split: false },
    model: { type: 'Unigram', unk_id: unknownId, vocab, byte_fallback: false },
  };
}

/** `tokenizer_config.json`: the padding and unknown pieces, and the maximum number of tokens. */
export function tokenizerConfig(vocabulary) {
  return {
    tokenizer_class: 'PreTrainedTokenizer',
    model_max_length: maxTokens,
    padding_side: 'right',
    unk_token: reservedName(unknownId, vocabulary[unknownId][0]),
    pad_token: reservedName(paddingId, vocabulary[paddingId][0]),
    clean_up_tokenization_spaces: false,
  };
}

/**
 * `config.json`. The model type selects Transformers.js's loader for plain encoders, which runs the graph unchanged.
 */
export function modelConfig() {
  return {
    architectures: ['UniversalSentenceEncoderLite'],
    model_type: 'bert',
    hidden_size: dimensions,
    max_position_embeddings: maxTokens,
  };
}
