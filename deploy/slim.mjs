/**
 * Removes everything from a production install that one service cannot load: node deploy/slim.mjs <service>. The
 * vendors' libraries are dependencies of one package, and each service imports only its own files of it, so removed
 * files are never loaded.
 */
import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { needsModel } from './needs-model.mjs';

const service = process.argv[2];
if (service === undefined) throw new Error('Name the service: node deploy/slim.mjs gateway');

/** Packages that only some services load, and whether this one does. */
const loaded = {
  'node_modules/@huggingface': needsModel(service),
  'node_modules/onnxruntime-*': needsModel(service),
  'node_modules/@img': needsModel(service),
  'node_modules/sharp': needsModel(service),
  'node_modules/@foundry-rs': service === 'cli',
};

/** Files that nothing loads at run time: browser code, other systems' binaries, sources, types, tests. */
const loadedByNobody = [
  'node_modules/onnxruntime-web/dist/*.wasm',
  'node_modules/onnxruntime-web/dist/*.map',
  `node_modules/onnxruntime-node/bin/*/!(${process.platform})`,
  // The JavaScript curve to which `secp256k1` would fall back (Assay has its own, fast-primitives.ts), and C sources.
  'node_modules/elliptic',
  'node_modules/secp256k1/src',
  'node_modules/viem/_types',
  'node_modules/viem/_cjs',
  '{packages,services}/*/{src,test,solidity,out,cache}',
  'node_modules/**/*.d.{ts,cts,mts}',
  'node_modules/**/*.{ts,js,cjs,mjs}.map',
];

const removed = [
  ...Object.entries(loaded).flatMap(([pattern, isLoaded]) => (isLoaded ? [] : globSync(pattern))),
  ...loadedByNobody.flatMap((pattern) => globSync(pattern)),
];
for (const path of removed) rmSync(join(process.cwd(), path), { recursive: true, force: true });
