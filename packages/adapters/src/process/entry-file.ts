/** Entry files of threads and child processes: TypeScript sources in a checkout, built JavaScript in an image. */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';

/** The condition of every package's `exports` that resolves `@assay/*` to sources. */
export const sourceCondition = 'assay-source';

/** The file `name` beside the importer, in the importer's own form: `.ts` where that runs from sources, `.js` where it is built. */
export function entryBeside(importerUrl: string, name: string): URL {
  return new URL(`./${name}${extname(importerUrl)}`, importerUrl);
}

/** The flags of Node for a child process in the form of this file: sources need the packages' sources, built code its source maps. */
export function nodeFlagsOf(entry: string): string[] {
  // Without a map, Node searches all code for one all the same, which takes a fifth of a bundle's time to load.
  if (!entry.endsWith('.ts')) return existsSync(`${entry}.map`) ? ['--enable-source-maps'] : [];
  return [`--conditions=${sourceCondition}`, '--disable-warning=ExperimentalWarning'];
}
