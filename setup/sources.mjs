/** How programs of the repository run from their TypeScript sources, which need no build. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const compiledFilesMax = 20_000;

/** Node's arguments for a TypeScript file: `@assay/*` resolves to sources. */
export function runSource(root, file) {
  return ['--conditions=assay-source', '--disable-warning=ExperimentalWarning', join(root, file)];
}

/**
 * Node's compile cache, so that the many processes compile the code once. Every edit adds a file; too many are deleted.
 */
export function compileCache(root) {
  const folder = join(root, '.assay/compile-cache');
  try {
    const isTooLarge = readdirSync(folder).some(
      (version) => readdirSync(join(folder, version)).length > compiledFilesMax,
    );
    if (isTooLarge) rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return folder;
}
