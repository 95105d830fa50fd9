/** The `assay` command as a user runs it: in a new folder, with its own temporary folder. */
import { spawn } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assayProgram } from '../integration/assay-program.ts';
import { temporaryFolder } from '../integration/temporary-folder.ts';
import { ProcessTree } from './process-tree.ts';

/** The result of a finished command. */
export interface Finished {
  /** Exit code, or the signal that ended it. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
  /** Processes that it started at any time. */
  readonly started: number;
  /** Those of them that still run. */
  readonly processesLeft: readonly number[];
  /** Remaining temporary files. */
  readonly filesLeft: readonly string[];
}

/** A running command. */
export interface Running {
  stdout(): string;
  stderr(): string;
  /** SIGINT, as Ctrl-C. */
  interrupt(): void;
  /** SIGKILL. */
  kill(): void;
  readonly finished: Promise<Finished>;
}

/** Environment variables. */
export type Settings = Readonly<Record<string, string>>;

/** A folder to run the command in. */
export interface Workplace {
  readonly folder: string;
  /** The last argument may be environment variables. */
  start(...args: readonly (string | Settings)[]): Running;
  run(...args: readonly (string | Settings)[]): Promise<Finished>;
  /** Ends running commands and removes the folder. */
  remove(): Promise<void>;
}

/** Makes a workplace. */
export async function makeWorkplace(): Promise<Workplace> {
  const place = await temporaryFolder();
  const temporary = join(place.path, 'temporary');
  await mkdir(temporary);
  const running = new Set<Running>();
  const start = (...args: readonly (string | Settings)[]) => {
    const one = startCommand(place.path, temporary, args);
    running.add(one);
    void one.finished.then(() => running.delete(one));
    return one;
  };
  return {
    folder: place.path,
    start,
    run: (...args) => start(...args).finished,
    remove: async () => {
      for (const one of running) one.interrupt();
      await Promise.all([...running].map((one) => one.finished));
      await place.remove();
    },
  };
}

function startCommand(folder: string, temporary: string, args: readonly (string | Settings)[]): Running {
  const words = args.filter((one) => typeof one === 'string');
  const settings = args.find((one) => typeof one !== 'string');
  const child = spawn(process.execPath, [...assayProgram({ ...process.env, ...settings }), ...words], {
    cwd: folder,
    env: { ...process.env, ...settings, TMPDIR: temporary, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const tree = new ProcessTree(child.pid ?? 0);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      said[name] += chunk.toString();
    });
  }
  const closed = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const finished = closed.then(async (code) => ({
    code,
    ...said,
    started: tree.size,
    processesLeft: await tree.stop(),
    filesLeft: await readdir(temporary),
  }));
  return {
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    interrupt: () => void child.kill('SIGINT'),
    kill: () => void child.kill('SIGKILL'),
    finished,
  };
}
