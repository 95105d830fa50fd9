/** Starting other programs: quietly, with their output kept for the case of failure, or in the foreground. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** A step that cannot go on, with what a person can do about it. Shown without a stack. */
export class SetupError extends Error {}

const outputCharsMax = 20_000;
const sameSignalMs = 750;

/** Runs a program to its end and keeps what it printed. Resolves with `{ code, output, stdout }`; never rejects. */
export function runQuietly(command, args, { cwd, env, timeoutMs } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
    let output = '';
    let stdout = '';
    child.stdout.on('data', (data) => {
      stdout += data;
      output = (output + data).slice(-outputCharsMax);
    });
    child.stderr.on('data', (data) => {
      output = (output + data).slice(-outputCharsMax);
    });
    child.on('error', (error) => done({ code: 127, output: `${command}: ${error.message}`, stdout }));
    child.on('close', (code, signal) => done({ code: code ?? codeOf(signal), output, stdout }));
  });
}

/** Runs a program to its end; throws a SetupError with its output and the hint when it fails. */
export async function runOrThrow(command, args, { hint, ...options }) {
  const { code, output } = await runQuietly(command, args, options);
  if (code === 0) return;
  throw new SetupError(`${output.trimEnd()}\n\n${command} ${args.join(' ')} ended with code ${code}. ${hint}`);
}

/**
 * Runs a program in the foreground, with this one's input and output. It gets a process group of its own, so that of
 * one Ctrl-C, which a terminal and npm both report to this process, it sees exactly one signal: the forwarded one.
 * Resolves with its exit code.
 */
export function runInForeground(command, args, { cwd, env }) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, env, stdio: 'inherit', detached: true });
    const lastMs = new Map();
    const forward = (signal) => {
      const nowMs = performance.now();
      if (nowMs - (lastMs.get(signal) ?? Number.NEGATIVE_INFINITY) < sameSignalMs) return;
      lastMs.set(signal, nowMs);
      child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    const release = () => {
      for (const signal of signals) process.off(signal, forward);
    };
    child.on('error', (error) => {
      release();
      fail(new SetupError(`${command} did not start: ${error.message}`));
    });
    child.on('exit', (code, signal) => {
      release();
      done(code ?? codeOf(signal));
    });
  });
}

/** The exit code that a shell gives for a program that a signal ended. */
function codeOf(signal) {
  return 128 + (constants.signals[signal] ?? 0);
}
