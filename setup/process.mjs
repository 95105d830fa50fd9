/** Starts other programs: quietly, keeping their output in case of failure, or in the foreground. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** A failed step, with advice for the user. Printed without a stack. */
export class SetupError extends Error {}

const outputCharsMax = 20_000;
const sameSignalMs = 750;

/** Runs a program to its end and keeps its output. Resolves with `{ code, output, stdout }`; never rejects. */
export function runQuietly(command, args, { cwd, env, timeoutMs, signal } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, signal });
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

/** Runs a program to its end; throws a SetupError with its output and the hint if it fails. */
export async function runOrThrow(command, args, { hint, ...options }) {
  const { code, output } = await runQuietly(command, args, options);
  if (code === 0) return;
  throw new SetupError(`${output.trimEnd()}\n\n${command} ${args.join(' ')} ended with code ${code}. ${hint}`);
}

/**
 * Runs a program in the foreground, with this process's input and output. It has its own process group. A terminal and
 * npm both report one Ctrl-C to this process, and the program gets exactly one forwarded signal. Resolves with its exit
 * code.
 */
export function runInForeground(command, args, { cwd, env }) {
  return new Promise((done, fail) => {
    // The program is in another session, which cannot read this terminal.
    const passesTerminal = args.includes('-') && process.stdin.isTTY === true;
    const stdin = passesTerminal ? 'pipe' : 'inherit';
    const child = spawn(command, args, { cwd, env, stdio: [stdin, 'inherit', 'inherit'], detached: true });
    if (passesTerminal) process.stdin.pipe(child.stdin.on('error', () => process.stdin.unpipe()));
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
      if (passesTerminal) process.stdin.destroy();
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

/** A shell's exit code for a program that was ended by a signal. */
function codeOf(signal) {
  return 128 + (constants.signals[signal] ?? 0);
}
