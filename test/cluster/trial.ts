/** The trial on Kubernetes as docs/operate.md tells it: the page's own commands, then a task through the gateway. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, createWriteStream, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { freePort } from '@assay/adapters/process/free-port';
import { root, until } from '../containers/run.ts';
import { taskOf } from '../containers/trial.ts';
import { assayProgram } from '../integration/assay-program.ts';
import type { Cluster } from './cluster.ts';
import type { Kubectl } from './kubectl.ts';
import { cache } from './modules.ts';

const page = 'docs/operate.md';
const shownChars = 4_000;
/** In `seconds`: short enough for a run, where the page leaves the default of a day. */
const epochs = '--epoch-seconds 60 --grace-seconds 60';

/** An installed network. */
export interface Trial {
  /** The folder in which the commands ran; the network's is `trial` in it. */
  readonly folder: string;
  /** An address of the chain's RPC. */
  readonly rpcUrl: string;
  readonly gatewayUrl: string;
  /** Runs a command of a shell in the folder, with `assay` on its path and `$RPC` set. Resolves with its output. */
  shell(script: string): Promise<string>;
  close(): Promise<void>;
}

/** Installs it, and opens ways to its chain and its gateway. */
export async function installTrial({ kubectl, isOwn }: Cluster): Promise<Trial> {
  const folder = join(cache, 'trial');
  prepareFolder(folder);
  const port = await freePort();
  const shell = shellIn(folder, { KUBECONFIG: kubectl.kubeconfig, RPC: `http://127.0.0.1:${port}` });
  for (const script of installation(port)) await shell(script);
  const chain = await kubectl.forward('chain', 8_545);
  const gateway = isOwn ? undefined : await kubectl.forward('gateway', 80);
  const gatewayUrl = gateway === undefined ? await serviceUrl(kubectl) : `http://127.0.0.1:${gateway.port}`;
  const rpcUrl = `http://127.0.0.1:${chain.port}`;
  return {
    folder,
    rpcUrl,
    gatewayUrl,
    shell: shellIn(folder, { KUBECONFIG: kubectl.kubeconfig, RPC: rpcUrl }),
    async close() {
      await chain.close();
      await gateway?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** On a node of this machine, the Service itself. */
async function serviceUrl(kubectl: Kubectl): Promise<string> {
  return `http://${await kubectl.inTrial('get', 'service', 'gateway', '--output', 'jsonpath={.spec.clusterIP}')}`;
}

/** The commands of a section of the page, block by block. */
export function documentedCommands(heading: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  const section = text.slice(text.indexOf(`\n${heading}\n`) + 1).split(/\n#/)[0] ?? '';
  return [...section.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, block = '']) => block);
}

/** Those of the installation. The forwarded port is one that is free here, epochs are short, and patience is longer. */
function installation(port: number): string[] {
  const blocks = documentedCommands('## A trial on Kubernetes');
  const all = blocks.join('\n');
  for (const part of ['8545 >', '127.0.0.1:8545', '--operators 1', '--timeout 5m', 'network secrets'])
    if (!all.includes(part)) throw new Error(`${page} has no "${part}" in its commands for a trial.`);
  return blocks.map((block) =>
    block
      .replace('8545 >', `${port}:8545 >`)
      .replace('127.0.0.1:8545', `127.0.0.1:${port}`)
      .replace('--operators 1', `--operators 1 ${epochs}`)
      .replace('--timeout 5m', '--timeout 20m'),
  );
}

/** A folder with what the commands expect: the manifests of the repository, and the `assay` command. */
function prepareFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'bin'), { recursive: true });
  symlinkSync(join(root, 'deploy'), join(folder, 'deploy'));
  const command = [process.execPath, ...assayProgram()].map((word) => `'${word}'`).join(' ');
  writeFileSync(join(folder, 'bin/assay'), `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(join(folder, 'bin/assay'), 0o755);
}

/** Each script is a process group of its own, because one of the page's commands stays in the background. */
function shellIn(folder: string, environment: Readonly<Record<string, string>>): Trial['shell'] {
  const { PATH = '' } = process.env;
  const env = { ...process.env, ...environment, PATH: `${join(folder, 'bin')}${delimiter}${PATH}`, NO_COLOR: '1' };
  return async (script) => {
    const log = createWriteStream(join(cache, 'trial.log'), { flags: 'a' });
    log.write(`\n$ ${script}\n`);
    const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: folder,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let stdout = '';
    child.stdout.on('data', (data: Buffer) => {
      stdout += data;
      output += data;
      log.write(data);
    });
    child.stderr.on('data', (data: Buffer) => {
      output += data;
      log.write(data);
    });
    const closed = once(child, 'close');
    const [code] = await once(child, 'exit');
    endGroup(child);
    await closed;
    log.end();
    if (code === 0) return stdout;
    throw new Error(`A command of ${page} ended with code ${code}:\n${script}\n${output.slice(-shownChars)}`);
  };
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGTERM');
  } catch {
    // Nothing is left of it.
  }
}

/** Submits one task and waits for its certified report. Resolves with the verdicts. */
export async function firstTask({ gatewayUrl: url }: Trial, patienceMs: number): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const { taskId } = await until(
    'the gateway takes a task',
    async () => {
      const answer = await fetch(`${url}/v1/tasks`, { method: 'POST', headers, body: JSON.stringify(taskOf(0)) });
      return answer.ok || answer.status === 409 ? ((await answer.json()) as { taskId: string }) : undefined;
    },
    patienceMs,
  );
  return until(
    `the report of ${taskId}`,
    async () => {
      const answer = await fetch(`${url}/v1/reports/${taskId}?waitMs=10000`);
      if (!answer.ok) return undefined;
      const { results } = (await answer.json()) as { results: readonly { readonly verdict: string }[] };
      return results.map(({ verdict }) => verdict).join(', ');
    },
    patienceMs,
  );
}
