/**
 * A Llama model as an ONNX graph with a key-value cache, with the inputs and outputs that Transformers.js knows: tokens
 * with rotary positions (arXiv 2104.09864), root-mean-square norms, attention with grouped queries (arXiv 2305.13245),
 * and gated feed-forward layers (arXiv 2002.05202). Only operators of ONNX's own set are used.
 */
import { OnnxWriter } from '../model/onnx-writer.mjs';

const maskedBias = -1e9;

/**
 * Writes the model file. `shape` has `vocabulary`, `width`, `heads`, `keyHeads`, `depth` (of a head), `epsilon` and
 * `rotaryBase`. Matrices have a row for each input; `output` is absent where the embeddings are used for it.
 */
export function encodeLlama(shape, { embeddings, layers, norm, output }) {
  const writer = new OnnxWriter();
  const table = writer.tensor('embeddings', embeddings);
  const context = { writer, shape, rotary: rotaryOf(writer, shape), bias: maskOf(writer) };
  let hidden = writer.node('Gather', [table, 'input_ids'], { axis: 0 });
  const present = [];
  for (const [index, layer] of layers.entries()) {
    const { attended, key, value } = attention(context, index, layer, hidden);
    present.push(key, value);
    hidden = feedForward(context, index, layer, writer.node('Add', [hidden, attended]));
  }
  const normed = rootMeanSquare(context, 'norm', norm, hidden);
  const last =
    output === undefined ? writer.node('Transpose', [table], { perm: [1, 0] }) : writer.tensor('output', output);
  const logits = writer.node('MatMul', [normed, last]);
  return writer.encodeAll({
    name: 'llama',
    inputs: [
      { name: 'input_ids', dims: ['batch_size', 'tokens'] },
      { name: 'attention_mask', dims: ['batch_size', 'total'] },
      { name: 'position_ids', dims: ['batch_size', 'tokens'] },
      ...cacheOf(shape, layers, 'past_key_values', 'past').map((one) => ({ ...one, floats: true })),
    ],
    outputs: [
      { name: 'logits', dims: ['batch_size', 'tokens', shape.vocabulary], last: logits },
      ...cacheOf(shape, layers, 'present', 'total').map((one, place) => ({ ...one, last: present[place] })),
    ],
  });
}

function cacheOf({ keyHeads, depth }, layers, name, length) {
  const dims = ['batch_size', keyHeads, length, depth];
  return layers
    .flatMap((_, index) => [`${name}.${index}.key`, `${name}.${index}.value`])
    .map((one) => ({ name: one, dims }));
}

/** Cosines and sines of the angles of each position, for both halves of a head: [batch, 1, 1, tokens, depth]. */
function rotaryOf(writer, { depth, rotaryBase }) {
  const bytes = Buffer.alloc(2 * depth);
  for (let at = 0; at < depth / 2; at += 1) bytes.writeFloatLE(rotaryBase ** ((-2 * at) / depth), 4 * at);
  const speeds = writer.tensor('rotary speeds', { dims: [depth / 2], bytes });
  const positions = writer.node('Unsqueeze', [
    writer.node('Cast', ['position_ids'], { to: 1 }),
    writer.integers(1, 2, 4),
  ]);
  const half = writer.node('Mul', [positions, speeds]);
  const angles = writer.node('Concat', [half, half], { axis: -1 });
  return { cosines: writer.node('Cos', [angles]), sines: writer.node('Sin', [angles]) };
}

/** 0 where a token may look, a large negative number at later tokens and at padding: [batch, 1, 1, tokens, total]. */
function maskOf(writer) {
  const sizeOf = (name) => writer.node('Gather', [writer.node('Shape', [name]), writer.integer(1)], { axis: 0 });
  const total = sizeOf('attention_mask');
  const past = writer.node('Sub', [total, sizeOf('input_ids')]);
  const places = (from) => writer.node('Range', [from, total, writer.integer(1)]);
  const queries = writer.node('Unsqueeze', [places(past), writer.integers(1)]);
  const isLater = writer.node('Greater', [places(writer.integer(0)), queries]);
  const isPadding = writer.node('Equal', ['attention_mask', writer.integer(0)]);
  const isHidden = writer.node('Or', [isLater, writer.node('Unsqueeze', [isPadding, writer.integers(1, 2, 3)])]);
  return writer.node('Where', [isHidden, writer.float(maskedBias), writer.float(0)]);
}

/** Norm, then attention with the keys and values of all earlier tokens. */
function attention({ writer, shape, rotary, bias }, index, layer, hidden) {
  const { heads, keyHeads, depth } = shape;
  const names = `layer ${index} `;
  const normed = rootMeanSquare({ writer, shape }, `${names}attention norm`, layer.attentionNorm, hidden);
  const split = (name, groups) => {
    const product = writer.node('MatMul', [normed, writer.tensor(`${names}${name}`, layer[name])]);
    const separate = writer.node('Reshape', [product, writer.integers(0, 0, keyHeads, groups, depth)]);
    return writer.node('Transpose', [separate], { perm: [0, 2, 3, 1, 4] });
  };
  const cached = (name, part) => {
    const flat = writer.node('Squeeze', [part, writer.integers(2)]);
    return writer.node('Concat', [`past_key_values.${index}.${name}`, flat], { axis: 2 });
  };
  const key = cached('key', rotated(writer, rotary, shape, split('key', 1)));
  const value = cached('value', split('value', 1));
  const grouped = (part) => writer.node('Unsqueeze', [part, writer.integers(2)]);
  const turned = writer.node('Transpose', [grouped(key)], { perm: [0, 1, 2, 4, 3] });
  const queries = writer.node('Mul', [
    rotated(writer, rotary, shape, split('query', heads / keyHeads)),
    writer.float(1 / Math.sqrt(depth)),
  ]);
  const scores = writer.node('Add', [writer.node('MatMul', [queries, turned]), bias]);
  const mixed = writer.node('MatMul', [writer.node('Softmax', [scores], { axis: -1 }), grouped(value)]);
  const merged = writer.node('Transpose', [mixed], { perm: [0, 3, 1, 2, 4] });
  const flat = writer.node('Reshape', [merged, writer.integers(0, 0, heads * depth)]);
  const attended = writer.node('MatMul', [flat, writer.tensor(`${names}merge`, layer.merge)]);
  return { attended, key, value };
}

/** A head's two halves, turned by the angle of the position. */
function rotated(writer, { cosines, sines }, { depth }, part) {
  const sizes = writer.integers(depth / 2, depth / 2);
  const [first, second] = writer.node('Split', [part, sizes], { axis: -1 }, 2);
  const crossed = writer.node('Concat', [writer.node('Neg', [second]), first], { axis: -1 });
  return writer.node('Add', [writer.node('Mul', [part, cosines]), writer.node('Mul', [crossed, sines])]);
}

/** Norm, then two wide layers of which one is the gate of the other, added to the input. */
function feedForward({ writer, shape }, index, layer, hidden) {
  const names = `layer ${index} `;
  const normed = rootMeanSquare({ writer, shape }, `${names}forward norm`, layer.forwardNorm, hidden);
  const times = (input, name) => writer.node('MatMul', [input, writer.tensor(`${names}${name}`, layer[name])]);
  const gate = times(normed, 'gate');
  const open = writer.node('Mul', [gate, writer.node('Sigmoid', [gate])]);
  const wide = writer.node('Mul', [open, times(normed, 'widen')]);
  return writer.node('Add', [times(wide, 'narrow'), hidden]);
}

function rootMeanSquare({ writer, shape }, name, weights, input) {
  const square = writer.node('ReduceMean', [writer.node('Mul', [input, input])], { axes: [-1], keepdims: 1 });
  const root = writer.node('Sqrt', [writer.node('Add', [square, writer.float(shape.epsilon)])]);
  return writer.node('Mul', [writer.node('Div', [input, root]), writer.tensor(name, weights)]);
}
