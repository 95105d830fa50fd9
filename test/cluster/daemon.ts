/** Programs that run until they are stopped: their output in a file, stopped by their own process id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { until } from '../containers/run.ts';

const stopMs = 20_000;
const shownChars = 3_000;

/** A running program. */
export interface Daemon {
  readonly name: string;
  /** Rejects, with the end of its output, once it has ended by itself. */
  check(): void;
  /** Sends SIGTERM, after 20 s SIGKILL; resolves when it has ended. */
  stop(): Promise<void>;
}

/** Starts a program whose output goes to a file. It ends with this process's group if that is interrupted. */
export function startDaemon(
  command: string,
  args: readonly string[],
  logFile: string,
  env: Readonly<Record<string, string>> = {},
): Daemon {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log], env: { ...process.env, ...env } });
  closeSync(log);
  const name = command.slice(command.lastIndexOf('/') + 1);
  let failure: Error | undefined;
  const ended = new Promise<void>((done) => {
    child.on('error', (error) => {
      failure = error;
      done();
    });
    child.on('exit', () => done());
  });
  return {
    name,
    check() {
      if (failure === undefined && isRunning(child)) return;
      throw new Error(`${name} has ended: ${failure?.message ?? readFileSync(logFile, 'utf8').slice(-shownChars)}`);
    },
    async stop() {
      if (isRunning(child)) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

/** Waits until a program is ready; ends early if it has ended. */
export async function ready(daemon: Daemon, ask: () => Promise<boolean>, patienceMs = 120_000): Promise<void> {
  let ended: unknown;
  await until(
    `${daemon.name} is ready`,
    async () => {
      try {
        daemon.check();
      } catch (error) {
        ended = error;
        return true;
      }
      return (await ask()) ? true : undefined;
    },
    patienceMs,
  );
  if (ended !== undefined) throw ended;
}
