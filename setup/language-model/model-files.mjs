/** A Llama model as the files of an ONNX folder. */
import { json } from '../model-folder.mjs';
import { tokenizerConfig, tokenizerJson } from './byte-pair-tokenizer.mjs';
import { encodeLlama } from './llama-graph.mjs';

/** The files of the model folder: relative path → bytes. */
export function modelFiles({ metadata, shape, weights }) {
  return new Map([
    ['config.json', json(configOf(metadata, shape, weights))],
    ['onnx/model.onnx', encodeLlama(shape, weights)],
    ['tokenizer.json', json(tokenizerJson(metadata))],
    ['tokenizer_config.json', json(tokenizerConfig(metadata, shape))],
  ]);
}

/** `config.json`: what Transformers.js needs to know of the graph's inputs. */
function configOf(metadata, shape, { layers }) {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: shape.width,
    head_dim: shape.depth,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.keyHeads,
    num_hidden_layers: layers.length,
    vocab_size: shape.vocabulary,
    max_position_embeddings: shape.tokensMax,
    bos_token_id: Number(metadata['tokenizer.ggml.bos_token_id']),
    eos_token_id: Number(metadata['tokenizer.ggml.eos_token_id']),
  };
}
