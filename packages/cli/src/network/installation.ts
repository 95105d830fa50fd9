/** Locations of the files that Assay ships besides its code, in a checkout and in an installed package. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../commands/usage-error.ts';

/** The folder of the package `@assay/cli`. */
const cliFolder = fileURLToPath(new URL('../../', import.meta.url));

/** The files that `release/pack.ts` puts into the package; they are laid out like a checkout. */
const share = join(cliFolder, 'share');

/** True in an installed package, false in a checkout of the repository. */
const isPacked: boolean = existsSync(share);

const root = isPacked ? share : join(cliFolder, '../..');

const { resolve } = createRequire(import.meta.url);

/** A file that ships with Assay, by its path from the repository's root: policies, the demo's tasks, the model. */
export function shippedFile(path: string): string {
  return join(root, ...path.split('/'));
}

/** The folder of a service's package, by the service's name. Throws {@link UsageError} if it is not installed. */
export function serviceFolder(service: string): string {
  const name = `@assay/${service}`;
  try {
    return dirname(resolve(`${name}/package.json`));
  } catch (cause) {
    throw new UsageError(`The service ${name} is not installed; install it beside @assay/cli, in the same version.`, {
      cause,
    });
  }
}

/** Node's compile cache for services. An installed package may be in a read-only folder. */
export function compileCacheFolder(): string {
  return isPacked ? join(tmpdir(), 'node-compile-cache') : join(root, '.assay', 'compile-cache');
}

/** How a user runs the command in this installation. */
export const commandName = isPacked ? 'assay' : 'npm run assay --';
