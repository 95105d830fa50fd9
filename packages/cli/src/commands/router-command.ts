/** `assay router`: the Router in front of the network that runs from this folder. */
import { spawn } from 'node:child_process';
import { nodeFlagsOf } from '@assay/adapters/process/entry-file';
import { tuning } from '@assay/protocol/tuning';
import { routerEnvironment } from '../network/local-router.ts';
import { readConnection } from '../network/network-file.ts';
import { serviceFile } from '../network/service-process.ts';
import { print } from '../output/terminal.ts';
import { UsageError } from './usage-error.ts';

/** Options of `router`. */
export interface RouterCommand {
  readonly miners: string;
  readonly port: number;
  readonly policy: string;
  readonly signal: AbortSignal;
}

/** Prints the base URL for clients, and runs until the signal aborts or the Router ends; resolves with its exit code. */
export async function routerCommand({ miners, port, policy, signal }: RouterCommand): Promise<number> {
  const connection = await readConnection(process.cwd());
  if (connection === undefined)
    throw new UsageError('No network runs from this folder; start one in another terminal: assay up');
  const entry = serviceFile('router', 'main');
  const child = spawn(process.execPath, [...nodeFlagsOf(entry), entry], {
    env: {
      ...process.env,
      ...routerEnvironment(connection, { miners, policy }),
      HTTP_PORT: String(port),
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  child.on('message', (message: { type?: string; facts?: { httpPort?: number } }) => {
    if (message.type === 'ready') print(`OPENAI_BASE_URL=http://127.0.0.1:${message.facts?.httpPort}/v1`);
  });
  const stop = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), tuning.shutdownMs + 5_000).unref();
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
