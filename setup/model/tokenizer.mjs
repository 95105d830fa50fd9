/** The encoder's SentencePiece vocabulary in the form that Transformers.js loads. */
import { dimensions, maxTokens } from './graph.mjs';

/** The first pieces are control symbols that no text may reach. */
const reservedPieces = 6;
const unknownId = 0;
const paddingId = 1;
const space = '\u2581';

/**
 * The name of a control symbol. Spaces become `▁` before pieces are looked up, so that a piece with a space
 * in it can never match; the unknown piece keeps its name, as it stands for itself.
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

/** `tokenizer_config.json`: which pieces pad and stand for the unknown, and how many tokens fit. */
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
 * `config.json`. The model type only tells Transformers.js which of its loaders to take: that of plain encoders,
 * which runs the graph as it is.
 */
export function modelConfig() {
  return {
    architectures: ['UniversalSentenceEncoderLite'],
    model_type: 'bert',
    hidden_size: dimensions,
    max_position_embeddings: maxTokens,
  };
}
