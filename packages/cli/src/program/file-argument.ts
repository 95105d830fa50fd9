/** Files that a command reads, looked for before anything is installed or started. */
import { accessSync, constants } from 'node:fs';
import { UsageError } from '../commands/usage-error.ts';

/** The name of a file that can be read; `-` is the standard input. Throws {@link UsageError} for any other. */
export function readableFile(name: string): string {
  if (name === '-') return name;
  try {
    accessSync(name, constants.R_OK);
  } catch (cause) {
    throw new UsageError(`The file ${name} cannot be read.`, { cause });
  }
  return name;
}
