/**
 * The weights of a Llama model in a GGUF file (the format of llama.cpp), as the graph wants them. Matrices get a row for
 * each input, and heads have their two halves one after the other: GGUF keeps the numbers that are turned together side
 * by side.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { GGMLQuantizationType, gguf } from '@huggingface/gguf';

/** Values of one block of a quantized tensor. */
const blockSize = 32;
const { F32, F16, Q8_0, Q4_0, Q4_1 } = GGMLQuantizationType;

/** How many bytes a block has, and what its values are: `scale` × whole number + `least`. */
const blockForms = {
  [Q8_0]: {
    bytes: 34,
    valuesOf: (view, at, scale, take) =>
      eachByte(view, at + 2, 32, (place, byte) => take(place, scale * ((byte << 24) >> 24))),
  },
  [Q4_0]: {
    bytes: 18,
    valuesOf: (view, at, scale, take) => eachNibble(view, at + 2, (place, nibble) => take(place, scale * (nibble - 8))),
  },
  [Q4_1]: {
    bytes: 20,
    valuesOf(view, at, scale, take) {
      const least = view.getFloat16(at + 2, true);
      eachNibble(view, at + 4, (place, nibble) => take(place, scale * nibble + least));
    },
  },
};

/** Reads metadata and weights. Throws with the next step if the file has another architecture or form of weights. */
export async function readLlama(path) {
  const { metadata, tensorInfos, tensorDataOffset } = await gguf(path, { allowLocalFile: true });
  const architecture = metadata['general.architecture'];
  if (architecture !== 'llama')
    throw new Error(`${path} has the architecture "${architecture}"; only "llama" is known.`);
  const shape = shapeOf(metadata);
  const infos = new Map(tensorInfos.map((info) => [info.name, info]));
  const file = openSync(path, 'r');
  try {
    const floats = (name) => {
      const info = infos.get(name);
      if (info === undefined) throw new Error(`${path} has no tensor ${name}.`);
      return floatsOf(file, Number(tensorDataOffset) + Number(info.offset), info);
    };
    const matrix = (name, rowOf) => turnedMatrix(floats(name), infos.get(name).shape.map(Number), rowOf);
    const vector = (name) => vectorOf(floats(name));
    const weights = {
      embeddings: halves(floats('token_embd.weight'), [shape.vocabulary, shape.width]),
      layers: Array.from({ length: Number(metadata['llama.block_count']) }, (_, index) => {
        const of = (part) => `blk.${index}.${part}.weight`;
        const query = (row) => halfRow(row, shape.depth);
        return {
          attentionNorm: vector(of('attn_norm')),
          query: matrix(of('attn_q'), query),
          key: matrix(of('attn_k'), query),
          value: matrix(of('attn_v')),
          merge: matrix(of('attn_output')),
          forwardNorm: vector(of('ffn_norm')),
          gate: matrix(of('ffn_gate')),
          widen: matrix(of('ffn_up')),
          narrow: matrix(of('ffn_down')),
        };
      }),
      norm: vector('output_norm.weight'),
      ...(infos.has('output.weight') && { output: matrix('output.weight') }),
    };
    return { metadata, shape, weights };
  } finally {
    closeSync(file);
  }
}

function shapeOf(metadata) {
  const count = (name) => Number(metadata[`llama.${name}`]);
  const heads = count('attention.head_count');
  return {
    vocabulary: metadata['tokenizer.ggml.tokens'].length,
    width: count('embedding_length'),
    heads,
    keyHeads: count('attention.head_count_kv') || heads,
    depth: count('embedding_length') / heads,
    epsilon: count('attention.layer_norm_rms_epsilon'),
    rotaryBase: count('rope.freq_base') || 10_000,
    tokensMax: count('context_length'),
  };
}

/** The row of a GGUF matrix that becomes this row, where each head's halves stand one after the other. */
function halfRow(row, depth) {
  const at = row % depth;
  return row - at + (at < depth / 2 ? 2 * at : 2 * at - depth + 1);
}

/** All values of a tensor. */
function floatsOf(file, offset, { name, dtype, shape }) {
  const count = shape.reduce((product, size) => product * Number(size), 1);
  const form = blockForms[dtype];
  const bytesOf = { [F32]: 4 * count, [F16]: 2 * count }[dtype] ?? (form && (count / blockSize) * form.bytes);
  if (bytesOf === undefined)
    throw new Error(`${name} has the form ${GGMLQuantizationType[dtype]}; known are F32, F16, Q8_0, Q4_0 and Q4_1.`);
  const bytes = new Uint8Array(bytesOf);
  if (readSync(file, bytes, 0, bytesOf, offset) !== bytesOf) throw new Error(`The file ends within ${name}.`);
  if (dtype === F32) return new Float32Array(bytes.buffer);
  if (dtype === F16) return new Float16Array(bytes.buffer);
  const view = new DataView(bytes.buffer);
  const values = new Float32Array(count);
  for (let block = 0; block < count / blockSize; block += 1) {
    const at = block * form.bytes;
    form.valuesOf(view, at, view.getFloat16(at, true), (place, value) => {
      values[block * blockSize + place] = value;
    });
  }
  return values;
}

function eachByte(view, from, count, take) {
  for (let place = 0; place < count; place += 1) take(place, view.getUint8(from + place));
}

/** The lower halves of the bytes come first, then the upper ones. */
function eachNibble(view, from, take) {
  eachByte(view, from, blockSize / 2, (place, byte) => {
    take(place, byte & 15);
    take(place + blockSize / 2, byte >> 4);
  });
}

function halves(values, dims) {
  return { dims, bytes: new Uint8Array(Float16Array.from(values).buffer), half: true };
}

function vectorOf(values) {
  return { dims: [values.length], bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

/** Rows of outputs become columns. */
function turnedMatrix(values, [inputs, outputs], rowOf = (row) => row) {
  const turned = new Float16Array(values.length);
  for (let column = 0; column < outputs; column += 1) {
    const from = rowOf(column) * inputs;
    for (let row = 0; row < inputs; row += 1) turned[row * outputs + column] = values[from + row];
  }
  return { dims: [inputs, outputs], bytes: new Uint8Array(turned.buffer), half: true };
}
