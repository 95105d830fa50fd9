/**
 * Says whether a built service loads the embedding model: node deploy/needs-model.mjs <service>, exit code 0 if it does.
 * It does if it imports the check that compares embeddings.
 */
import { globSync, readFileSync } from 'node:fs';
import { argv } from 'node:process';

/** True if a service of this folder, which holds the build, loads the model. */
export function needsModel(service) {
  return globSync(`services/${service}/dist/*.js`).some((file) =>
    readFileSync(file, 'utf8').includes('@assay/composition/vector-check'),
  );
}

if (import.meta.main) process.exitCode = needsModel(argv[2]) ? 0 : 1;
