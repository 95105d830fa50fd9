/** One service of the local network as its own process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { extname, join } from 'node:path';
import { nodeFlagsOf } from '@assay/adapters/process/entry-file';
import { tuning } from '@assay/protocol/tuning';
import { serviceFolder } from './installation.ts';

/** What to start. */
export interface ServiceSpec {
  /** Folder in `services/`, or an entry file of one's own. */
  readonly service: string;
  /** Unique among the processes of a network, and the name of its log file. */
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Another entry file than the service's own, for experiments and tests. */
  readonly entry?: string;
}

/** A running service. */
export interface ServiceProcess {
  readonly name: string;
  readonly service: string;
  readonly pid: number;
  /** The facts that the service reported when it was ready, such as ports. */
  readonly facts: Readonly<Record<string, string | number>>;
  readonly logFile: string;
  /** The spec that it was started from; with another name, it starts a further replica. */
  readonly spec: ServiceSpec;
  /** Sends SIGTERM, and SIGKILL after the limit. Resolves when it has exited. */
  stop(): Promise<void>;
  /** Sends SIGKILL. Resolves when it has exited. */
  kill(): Promise<void>;
  /** Resolves with a message if the process exits unexpectedly. */
  readonly failed: Promise<string>;
}

/**
 * A file of a service by its name without extension: the source where this runs from sources, else what was built of it.
 * In tests it is the bundle in the folder `ASSAY_BUNDLES`. Throws `UsageError` when the service is not installed.
 */
export function serviceFile(service: string, name: string): string {
  const bundles = process.env.ASSAY_BUNDLES;
  if (bundles) return join(bundles, service, `${name}.js`);
  const form = extname(import.meta.url);
  return join(serviceFolder(service), form === '.ts' ? 'src' : 'dist', `${name}${form}`);
}

/** Starts a service and waits until it reports that it is ready. Rejects with the end of its log otherwise. */
export async function startService(spec: ServiceSpec, logDir: string): Promise<ServiceProcess> {
  const logFile = join(logDir, `${spec.name}.log`);
  const entry = spec.entry ?? serviceFile(spec.service, 'main');
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [...nodeFlagsOf(entry), entry], {
    env: { PATH: process.env.PATH ?? '', ...spec.environment },
    // The log is the child's own file, so that it is whole however parent and child end.
    stdio: ['ignore', log, 'pipe', 'ipc'],
    // Its own process group, so that a terminal's Ctrl-C reaches only the network's owner, which stops services before
    // servers.
    detached: true,
  });
  closeSync(log);
  const tail = keepErrors(child, logFile);
  // At `exit`, errors may still wait to be read; at `close`, they have been.
  const exited = new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown')),
  );
  let asked = false;
  const end = async (signal: NodeJS.Signals) => {
    asked = true;
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
  };
  const failed = new Promise<string>((resolve) => {
    void exited.then((code) => {
      if (!asked) resolve(`${spec.name} exited with ${code}: ${tail()}`);
    });
  });
  const facts = await readyFacts(child, failed, spec.name).catch(async (error: unknown) => {
    await end('SIGKILL');
    throw error;
  });
  return {
    name: spec.name,
    service: spec.service,
    pid: child.pid ?? 0,
    facts,
    logFile,
    spec,
    failed,
    kill: () => end('SIGKILL'),
    stop: async () => {
      const patience = setTimeout(() => void end('SIGKILL'), tuning.shutdownMs + 5_000);
      await end('SIGTERM');
      clearTimeout(patience);
    },
  };
}

/** Waits for the service's `ready` message over IPC, at most {@link tuning.serviceStartMs}. */
async function readyFacts(
  child: ChildProcess,
  failed: Promise<string>,
  name: string,
): Promise<Readonly<Record<string, string | number>>> {
  let timer: NodeJS.Timeout | undefined;
  const ready = new Promise<Readonly<Record<string, string | number>>>((resolve) => {
    child.on('message', (message: { type?: string; facts?: Record<string, string | number> }) => {
      if (message.type === 'ready') resolve(message.facts ?? {});
    });
  });
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${name} was not ready within ${tuning.serviceStartMs / 1000} s.`)),
      tuning.serviceStartMs,
    );
  });
  const gone = failed.then((reason) => {
    throw new Error(reason);
  });
  try {
    return await Promise.race([ready, late, gone]);
  } finally {
    clearTimeout(timer);
    gone.catch(() => {});
  }
}

/** Adds a child's error output to its log, and gives its last lines. */
function keepErrors(child: ChildProcess, logFile: string): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    appendFileSync(logFile, chunk);
    text = (text + chunk.toString()).slice(-2_000);
  });
  return () => text.trim() || 'it said nothing';
}
