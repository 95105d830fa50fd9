/** How much of NATS's disk the streams may use, from the command line or the environment. */
import { parseStorageBytes } from '@assay/adapters/nats/storage-shares';
import { UsageError } from '../commands/usage-error.ts';

/** The environment variable with the size. */
const variable = 'NATS_STORAGE';

/** The size in bytes for `provisionNats`; empty if neither states one. Throws {@link UsageError} if it is none. */
export function storageSize(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly storageBytes?: number } {
  const text = option ?? environment[variable];
  if (text === undefined) return {};
  const storageBytes = parseStorageBytes(text);
  if (storageBytes === undefined)
    throw new UsageError(
      `The storage "${text}" is not a size of 256MiB or more. Write for example --storage 80GiB, or set ${variable}.`,
    );
  return { storageBytes };
}
