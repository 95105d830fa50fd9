/**
 * Runs around every test run: temporary files go to one folder of this run, and a run that leaves files there, or
 * processes that were started with a path in it, fails.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Servers and services that were asked to stop may still be ending. */
const patienceMs = 10_000;
const pollMs = 200;

/** What a run left: names of files, and process ids with their command lines. */
export interface LeftBehind {
  readonly files: readonly string[];
  readonly processes: readonly string[];
}

/** Begins a run. Vitest calls the returned function when all tests have ended; it throws when something is left. */
export default async function setUp(): Promise<() => Promise<void>> {
  const before = process.env.TMPDIR;
  const folder = await mkdtemp(join(tmpdir(), 'assay-tests-'));
  process.env.TMPDIR = folder;
  return async () => {
    const left = await whatIsLeft(folder, patienceMs);
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    await rm(folder, { recursive: true, force: true });
    if (left.files.length === 0 && left.processes.length === 0) return;
    process.exitCode = 1;
    throw new Error(
      `The tests left files (${left.files.join(', ') || 'none'}) and processes (${left.processes.join('; ') || 'none'}).`,
    );
  };
}

/** What is still there of a run after at most `waitMs`. */
export async function whatIsLeft(folder: string, waitMs: number): Promise<LeftBehind> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const left = { files: await readdir(folder), processes: await processesNaming(folder) };
    if ((left.files.length === 0 && left.processes.length === 0) || Date.now() > deadline) return left;
    await pause(pollMs);
  }
}

/** Processes with the folder in their arguments or environment, except vitest's own; none where there is no /proc. */
async function processesNaming(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      if (Number(pid) === process.pid) return [];
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      const [command, environment] = await Promise.all([read('cmdline'), read('environ')]);
      // A process that has ended and is not yet reaped has no command line.
      if (command === '' || /vitest|esbuild/.test(command) || !`${command}${environment}`.includes(folder)) return [];
      return [`${pid} ${command.replaceAll('\0', ' ').trim().slice(0, 120)}`];
    }),
  );
  return found.flat();
}
