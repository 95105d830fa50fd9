/** Runs the `assay` command from its sources. */
import { fileURLToPath } from 'node:url';
import { nodeFlagsOf } from '@assay/adapters/process/entry-file';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** Node's arguments before the command's own. */
export const assayProgram: readonly string[] = [...nodeFlagsOf(main), main];
