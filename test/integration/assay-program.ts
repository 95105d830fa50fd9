/** Runs the `assay` command: its bundle where a run has made one (`test/bundles.ts`), else its sources. */
import { fileURLToPath } from 'node:url';
import { nodeFlagsOf } from '@assay/adapters/process/entry-file';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** Node's arguments before the command's own. An empty `ASSAY_COMMAND` asks for the sources. */
export function assayProgram(settings: Readonly<Record<string, string | undefined>> = process.env): readonly string[] {
  return [...nodeFlagsOf(main), settings.ASSAY_COMMAND || main];
}
