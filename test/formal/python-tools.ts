/** Tools from the Python package index, each in an environment of its own below `.tools`. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const installMs = 600_000;

/**
 * The path of a program, which this installs by pip where it is missing.
 * @param name the program and its environment, `.tools/<name>`; `<name>-requirements.txt` beside this file has versions
 * @throws when there is no Python 3.11 or newer, or pip fails
 */
export function pythonTool(name: string): string {
  const environment = join(root, '.tools', name);
  const program = join(environment, 'bin', name);
  if (existsSync(program)) return program;
  const requirements = fileURLToPath(new URL(`${name}-requirements.txt`, import.meta.url));
  for (const [command, args] of [
    ['python3', ['-m', 'venv', environment]],
    [join(environment, 'bin/pip'), ['install', '--quiet', '--requirement', requirements]],
  ] as const) {
    const run = spawnSync(command, args, { encoding: 'utf8', timeout: installMs });
    if (run.status !== 0)
      throw new Error(
        `${command} ${args.join(' ')} failed. ${name} needs python3 (3.11 or newer) with its venv module, and a package ` +
          `index.\n${run.stderr ?? run.error?.message ?? ''}`,
      );
  }
  return program;
}
