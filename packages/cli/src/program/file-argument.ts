/** Files that a command reads, looked for before anything is installed or started. */
import { accessSync, constants } from 'node:fs';
import { InvalidArgumentError } from 'commander';

/** The name of a file that can be read; `-` is the standard input. Throws commander's error of use for any other. */
export function readableFile(name: string): string {
  if (name === '-') return name;
  try {
    accessSync(name, constants.R_OK);
  } catch {
    throw new InvalidArgumentError(`The file ${name} cannot be read.`);
  }
  return name;
}
