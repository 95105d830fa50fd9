/** Runs programs, with their output in a log, and times what they do. */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errorText } from '@assay/protocol/error-text';

/** The repository's root. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What is kept between runs, and the log. */
export const cache = `${root}.assay/containers`;

/** Where every program's output goes. */
export const logFile = `${cache}/run.log`;
let opened: WriteStream | undefined;

const outputCharsMax = 4_000_000;
const pauseMs = 2_000;

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Runs a program to its end; resolves with its standard output. Rejects with the end of its output if it fails. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, output } = await attempt(command, args, options);
  if (code === 0) return stdout.trim();
  throw new Error(`${command} ${args.join(' ')} ended with code ${code}:\n${output.slice(-3_000)}\nAll in ${logFile}.`);
}

/** The same, but resolves in any case. */
export function attempt(
  command: string,
  args: readonly string[],
  { cwd = root, env = {}, timeoutMs = 1_800_000 }: RunOptions = {},
): Promise<{ readonly code: number | null; readonly stdout: string; readonly output: string }> {
  return new Promise((done, fail) => {
    opened ??= openLog();
    const log = opened;
    log.write(`\n$ ${command} ${args.join(' ')}\n`);
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    });
    let stdout = '';
    let output = '';
    const keep = (data: Buffer) => {
      log.write(data);
      output = (output + data).slice(-outputCharsMax);
    };
    child.stdout.on('data', (data: Buffer) => {
      stdout = (stdout + data).slice(-outputCharsMax);
      keep(data);
    });
    child.stderr.on('data', keep);
    child.on('error', fail);
    child.on('close', (code) => done({ code, stdout, output }));
  });
}

function openLog(): WriteStream {
  mkdirSync(cache, { recursive: true });
  return createWriteStream(logFile);
}

/** Does something that has a name, and prints its result with the time that it took. */
export async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const result = await work();
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  process.stdout.write(`${seconds.padStart(7)} s  ${name}${typeof result === 'string' ? `: ${result}` : ''}\n`);
  return result;
}

/** Waits until a question is answered. Rejects with the last failure when the time is over. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, patienceMs: number): Promise<T> {
  const endMs = performance.now() + patienceMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > endMs)
      throw new Error(
        `${what}: not within ${Math.round(patienceMs / 1_000)} s. ${last === undefined ? '' : errorText(last)}`,
      );
    await new Promise((wake) => setTimeout(wake, pauseMs));
  }
}
