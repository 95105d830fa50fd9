/** Entry files of threads and child processes: TypeScript sources in a checkout, built JavaScript in an image. */
import { extname } from 'node:path';

/** The condition of every package's `exports` that resolves `@assay/*` to sources. */
export const sourceCondition = 'assay-source';

/** The file `name` beside the importer, in the importer's own form: `.ts` where that runs from sources, `.js` where it is built. */
export function entryBeside(importerUrl: string, name: string): URL {
  return new URL(`./${name}${extname(importerUrl)}`, importerUrl);
}

/** The flags of Node for a child process in the form of this file: sources need the packages' sources, built code its source maps. */
export function nodeFlagsOf(entry: string): string[] {
  if (!entry.endsWith('.ts')) return ['--enable-source-maps'];
  return [`--conditions=${sourceCondition}`, '--disable-warning=ExperimentalWarning'];
}
