/** Where the files are that Assay ships beside its code: in a checkout and in an installed package alike. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../commands/usage-error.ts';

/** The folder of the package `@assay/cli`. */
const cliFolder = fileURLToPath(new URL('../../', import.meta.url));

/** What `release/pack.ts` puts into the packed package; it is laid out as a checkout is. */
const share = join(cliFolder, 'share');

/** True in a package that was packed, false in a checkout of the repository. */
const isPacked: boolean = existsSync(share);

const root = isPacked ? share : join(cliFolder, '../..');

const { resolve } = createRequire(import.meta.url);

/** A file that ships with Assay, by its path from the repository's root: policies, the demo's tasks, the model. */
export function shippedFile(path: string): string {
  return join(root, ...path.split('/'));
}

/** The folder of a service's package, by the service's name. Throws {@link UsageError} when it is not installed. */
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

/** Where Node keeps the compiled code of services. An installed package may be in a folder that nobody may write to. */
export function compileCacheFolder(): string {
  return isPacked ? join(tmpdir(), 'node-compile-cache') : join(root, '.assay', 'compile-cache');
}

/** How a person calls the command here. */
export const commandName = isPacked ? 'assay' : 'npm run assay --';
