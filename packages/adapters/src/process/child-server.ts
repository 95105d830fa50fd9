/** Runs one server program on 127.0.0.1 as a child of this process: starts it, waits until it responds, ends it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './free-port.ts';

/** A server that runs as a child of this process. */
export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Sends SIGTERM, later SIGKILL, and waits until it has exited. */
  stop(): Promise<void>;
  /** Sends SIGKILL and waits until it has exited. */
  kill(): Promise<void>;
  /** Restarts it on the same port with the same data; stops it first if it still runs. */
  restart(): Promise<void>;
}

/** A server program and its readiness check. */
export interface ServerProgram {
  /** Name for messages. */
  readonly name: string;
  readonly command: string;
  /** The command with which a person installs it. */
  readonly install: string;
  readonly scheme: 'nats' | 'redis' | 'http';
  args(port: number): readonly string[];
  /** Resolves if the server at the port responds; rejects if it does not respond yet. */
  probe(port: number): Promise<void>;
}

const startTimeoutMs = 15_000;
const stopTimeoutMs = 5_000;
const probePauseMs = 25;
const portClashesMax = 5;
const outputCharsMax = 2_000;
const systemPath = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/usr/local/bin`;

/** Starts a server on a port, or on a free one. */
export async function startServer(program: ServerProgram, wantedPort?: number): Promise<ServerProcess> {
  for (let clashes = 0; ; clashes++) {
    const port = wantedPort ?? (await freePort());
    const child = new Child(program, port);
    try {
      await child.start();
      return child;
    } catch (error) {
      await child.kill();
      if (wantedPort !== undefined || !child.clashed() || clashes === portClashesMax) throw error;
    }
  }
}

class Child implements ServerProcess {
  readonly port: number;
  readonly #program: ServerProgram;
  #process: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();
  #running = false;
  #output = '';

  constructor(program: ServerProgram, port: number) {
    this.#program = program;
    this.port = port;
  }

  get url(): string {
    return `${this.#program.scheme}://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** True if the server reported that its port is in use. */
  clashed(): boolean {
    return /in use|EADDRINUSE/i.test(this.#output);
  }

  async start(): Promise<void> {
    const { name, install } = this.#program;
    this.#output = '';
    const failed = this.#spawn();
    const deadline = Date.now() + startTimeoutMs;
    for (;;) {
      const failure = failed();
      if (failure !== undefined && 'code' in failure && failure.code === 'ENOENT') {
        throw new Error(`${name} is not installed: "${this.#program.command}" was not found. Install it: ${install}`, {
          cause: failure,
        });
      }
      if (failure !== undefined || !this.#running)
        throw new Error(
          `${name} ended while it started on port ${this.port}. It said: ${this.#output.trim() || '(nothing)'}`,
          { cause: failure },
        );
      try {
        return await this.#program.probe(this.port);
      } catch (error) {
        if (Date.now() > deadline)
          throw new Error(
            `${name} did not answer on port ${this.port} within ${startTimeoutMs} ms. It said: ${this.#output.trim() || '(nothing)'}`,
            { cause: error },
          );
        await pause(probePauseMs);
      }
    }
  }

  async stop(): Promise<void> {
    if (!this.#running) return this.#gone;
    this.#process?.kill('SIGTERM');
    const timer = new AbortController();
    const late = pause(stopTimeoutMs, 'late', { signal: timer.signal }).catch(() => 'ended');
    const first = await Promise.race([this.#gone, late]);
    timer.abort();
    if (first === 'late') await this.kill();
  }

  async kill(): Promise<void> {
    if (this.#running) this.#process?.kill('SIGKILL');
    await this.#gone;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Spawns in its own process group, so that Ctrl-C in a terminal reaches this process first. */
  #spawn(): () => Error | undefined {
    let failure: Error | undefined;
    const [command, args] = boundToParent(this.#program.command, this.#program.args(this.port));
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, PATH: systemPath },
    });
    const killAtExit = () => void child.kill('SIGKILL');
    this.#process = child;
    this.#running = true;
    process.once('exit', killAtExit);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-outputCharsMax);
      });
    }
    this.#gone = new Promise((resolve) => {
      const ended = () => {
        this.#running = false;
        process.removeListener('exit', killAtExit);
        resolve();
      };
      child.once('exit', ended);
      child.once('error', (error) => {
        failure = error;
        ended();
      });
    });
    return () => failure;
  }
}

/** On Linux, if `setpriv` is available, the kernel kills the child when this process dies. */
function boundToParent(command: string, args: readonly string[]): [string, readonly string[]] {
  const setpriv = '/usr/bin/setpriv';
  const program = command.includes('/') ? command : pathOf(command);
  if (process.platform !== 'linux' || program === undefined || !existsSync(setpriv)) return [command, args];
  return [setpriv, ['--pdeathsig', 'KILL', program, ...args]];
}

function pathOf(command: string): string | undefined {
  return systemPath
    .split(':')
    .map((folder) => `${folder}/${command}`)
    .find((path) => existsSync(path));
}
