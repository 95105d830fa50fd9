/** Runs in a copy of the repository: bundles its services and its command, and prints where they are ({@link Bundles}). */
import bundle from '../../bundles.ts';

/** What the program prints. */
export interface Bundles {
  /** Folder with `<service>/main.js`. */
  readonly services: string;
  /** The `assay` command. */
  readonly command: string;
}

await bundle();
const { ASSAY_BUNDLES: services = '', ASSAY_COMMAND: command = '' } = process.env;
const bundles: Bundles = { services, command };
process.stdout.write(JSON.stringify(bundles));
