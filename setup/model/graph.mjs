/**
 * Universal Sentence Encoder Lite as an ONNX graph: two pre-norm transformer layers over 256-wide embeddings
 * with sinusoidal positions, the mean over the tokens, one dense layer, unit length.
 */
import { OnnxWriter } from './onnx-writer.mjs';

const heads = 4;
const paddingBias = -1e9;
const layerNormEpsilon = 1e-6;
const smallestSquare = 1e-12;

/** Number of values of an embedding. */
export const dimensions = 512;
/** Maximum number of tokens of the encoder; it ignores further tokens. */
export const maxTokens = 128;

/** Writes the model file from the named weights. */
export function encodeGraph(weights) {
  const writer = new OnnxWriter();
  const mask = writer.node('Cast', ['attention_mask'], { to: 1 });
  const keyBias = paddingBiasOf(writer, mask);
  let hidden = embeddedTokens(writer, weights);
  for (const [index, layer] of weights.layers.entries()) {
    const names = `layer ${index} `;
    const residual = index === 0 ? widened(writer, weights, hidden) : hidden;
    const attended = attention(writer, names, layer, hidden, keyBias);
    hidden = feedForward(writer, names, layer, writer.node('Add', [attended, residual]));
  }
  return writer.encode({
    name: 'universal-sentence-encoder-lite',
    inputs: ['input_ids', 'attention_mask'].map((name) => ({ name, dims: ['batch', 'tokens'] })),
    output: { name: 'sentence_embedding', dims: ['batch', dimensions] },
    last: sentenceVector(writer, weights, hidden, mask),
  });
}

/** 0 for a token, a large negative number for padding: [batch, 1, 1, tokens]. */
function paddingBiasOf(writer, mask) {
  const padding = writer.node('Sub', [writer.float(1), mask]);
  const bias = writer.node('Mul', [padding, writer.float(paddingBias)]);
  return writer.node('Unsqueeze', [bias, writer.integers(1, 2)]);
}

/** Twice the embedding (the source adds it to itself with the positions) plus sines, then cosines, of the position. */
function embeddedTokens(writer, weights) {
  const table = writer.tensor('embeddings', weights.embeddings);
  const embedding = writer.node('Gather', [table, 'input_ids'], { axis: 0 });
  const shape = writer.node('Shape', ['input_ids']);
  const tokens = writer.node('Gather', [shape, writer.integer(1)], { axis: 0 });
  const positions = writer.node('Range', [writer.integer(0), tokens, writer.integer(1)]);
  const column = writer.node('Unsqueeze', [writer.node('Cast', [positions], { to: 1 }), writer.integers(1)]);
  const angles = writer.node('Mul', [column, writer.tensor('timescales', weights.timescales)]);
  const waves = writer.node('Concat', [writer.node('Sin', [angles]), writer.node('Cos', [angles])], { axis: 1 });
  return writer.node('Add', [embedding, writer.node('Add', [embedding, waves])]);
}

/** The residual of the first layer, expanded from 256 to 512 by its own dense layer. */
function widened(writer, { residualKernel, residualBias }, hidden) {
  return dense(writer, 'residual ', residualKernel, residualBias, hidden);
}

/** Layer norm, then attention of four heads over all tokens but padding. */
function attention(writer, names, layer, hidden, keyBias) {
  const normed = layerNorm(writer, `${names}attention `, layer.attentionScale, layer.attentionShift, hidden);
  const joined = dense(writer, `${names}qkv `, layer.queryKeyValueKernel, layer.queryKeyValueBias, normed);
  const sizes = writer.integers(layer.width, layer.width, layer.width);
  const [queries, keys, values] = writer.node('Split', [joined, sizes], { axis: 2 }, 3);
  const depth = layer.width / heads;
  const split = (part, perm) => {
    const separate = writer.node('Reshape', [part, writer.integers(0, 0, heads, depth)]);
    return writer.node('Transpose', [separate], { perm });
  };
  const scaled = writer.node('Mul', [split(queries, [0, 2, 1, 3]), writer.float(1 / Math.sqrt(depth))]);
  const scores = writer.node('MatMul', [scaled, split(keys, [0, 2, 3, 1])]);
  const shares = writer.node('Softmax', [writer.node('Add', [scores, keyBias])], { axis: 3 });
  const mixed = writer.node('MatMul', [shares, split(values, [0, 2, 1, 3])]);
  const merged = writer.node('Transpose', [mixed], { perm: [0, 2, 1, 3] });
  const flat = writer.node('Reshape', [merged, writer.integers(0, 0, layer.width)]);
  return dense(writer, `${names}merge `, layer.mergeKernel, layer.mergeBias, flat);
}

/** Layer norm, then two dense layers with ReLU between them, added to the input. */
function feedForward(writer, names, layer, hidden) {
  const normed = layerNorm(writer, `${names}forward `, layer.forwardScale, layer.forwardShift, hidden);
  const wide = writer.node('Relu', [dense(writer, `${names}widen `, layer.widenKernel, layer.widenBias, normed)]);
  return writer.node('Add', [dense(writer, `${names}narrow `, layer.narrowKernel, layer.narrowBias, wide), hidden]);
}

/** The mean over the tokens, a dense layer with tanh, and unit length. */
function sentenceVector(writer, { outputKernel, outputBias }, hidden, mask) {
  const weighted = writer.node('Mul', [hidden, writer.node('Unsqueeze', [mask, writer.integers(2)])]);
  const sum = writer.node('ReduceSum', [weighted, writer.integers(1)], { keepdims: 0 });
  const count = writer.node('ReduceSum', [mask, writer.integers(1)], { keepdims: 1 });
  const mean = writer.node('Div', [sum, writer.node('Max', [count, writer.float(1)])]);
  const output = writer.node('Tanh', [dense(writer, 'output ', outputKernel, outputBias, mean)]);
  const squares = writer.node('Mul', [output, output]);
  const square = writer.node('ReduceSum', [squares, writer.integers(1)], { keepdims: 1 });
  const length = writer.node('Sqrt', [writer.node('Max', [square, writer.float(smallestSquare)])]);
  return writer.node('Div', [output, length]);
}

function dense(writer, names, kernel, bias, input) {
  const product = writer.node('MatMul', [input, writer.tensor(`${names}kernel`, kernel)]);
  return writer.node('Add', [product, writer.tensor(`${names}bias`, bias)]);
}

function layerNorm(writer, names, scale, shift, input) {
  const inputs = [input, writer.tensor(`${names}scale`, scale), writer.tensor(`${names}shift`, shift)];
  return writer.node('LayerNormalization', inputs, { axis: -1, epsilon: { float: layerNormEpsilon } });
}
