/**
 * Writes a Llama model in GGUF as an ONNX folder, which a validator runs in its own process (docs/inference.md):
 *
 *     node setup/language-model/export-onnx.mjs <file.gguf> [folder]
 *
 * Weights are rounded to 16-bit floats. The same file gives the same bytes on every machine.
 */
import { basename, join, resolve } from 'node:path';
import { digestOf, writeModelFolder } from '../model-folder.mjs';
import { readLlama } from './gguf-weights.mjs';
import { modelFiles } from './model-files.mjs';

const [file, folder] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('Name the GGUF file: node setup/language-model/export-onnx.mjs <file.gguf> [folder]\n');
  process.exit(2);
}
const target = resolve(folder ?? join(import.meta.dirname, '../../models', basename(file, '.gguf')));
const files = modelFiles(await readLlama(file));
writeModelFolder(target, files);
process.stdout.write(`${target}\n${digestOf(files)}\n`);
