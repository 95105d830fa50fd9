/**
 * Splits a production install into what all images have and what only those with the embedding model have, without
 * what nothing loads: node deploy/slim.ts <common> <model>. Works on `node_modules` of the working folder.
 */
import { cpSync, globSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Packages that only the embedding model loads. */
export const modelPackages = ['@huggingface', 'onnxruntime-*', '@img', 'sharp'];

/** Packages that a production install brings and that no image loads. */
export const unusedPackages = [
  // For `assay demo`, which starts servers of its own; and a compiler that viem would like to have beside it.
  '@foundry-rs',
  'typescript',
  '@typescript',
  // The JavaScript curve to which `secp256k1` would fall back (Assay has its own, fast-primitives.ts).
  'elliptic',
];

/** Files that nothing loads at run time: browser code, other systems' binaries, sources, types. */
const unusedFiles = [
  'onnxruntime-web/dist/*.wasm',
  'onnxruntime-web/dist/*.map',
  `onnxruntime-node/bin/*/!(${process.platform})`,
  'secp256k1/src',
  '{viem,ox,abitype}/_types',
  '{viem,ox,abitype}/_cjs',
  '**/*.{ts,cts,mts}',
  '**/*.{ts,js,cjs,mjs}.map',
];

/** Deletes, then moves. Both folders get a `node_modules`. */
function slim(common: string, model: string): void {
  const unused = [...unusedPackages, ...unusedFiles].flatMap((pattern) => globSync(join('node_modules', pattern)));
  for (const path of unused) rmSync(path, { recursive: true, force: true });
  for (const path of modelPackages.flatMap((pattern) => globSync(join('node_modules', pattern)))) move(path, model);
  move('node_modules', common);
}

/** Moves a path of the working folder into another folder, which may be on another file system. */
function move(path: string, folder: string): void {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  try {
    renameSync(path, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    cpSync(path, target, { recursive: true, verbatimSymlinks: true });
    rmSync(path, { recursive: true });
  }
}

if (import.meta.main) {
  const [common, model] = process.argv.slice(2);
  if (common === undefined || model === undefined)
    throw new Error('Name two folders: node deploy/slim.ts /common /model');
  slim(common, model);
}
