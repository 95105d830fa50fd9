/** Network namespaces that reach each other with delay and loss, and can be cut off. Root. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bin, goBuild, isBuilt, writeModule } from '../cluster/modules.ts';
import { attempt, root, run } from '../containers/run.ts';
import { device, outside, regions } from './layout.ts';

/** Below what paths between regions carry. */
const mtu = '1400';

/** How packets travel. */
export interface Weather {
  /** In each direction. */
  readonly delayMs: number;
  /** Of packets, 0 to 1, in each direction. */
  readonly loss: number;
}

/** Running namespaces. */
export interface WideAreaNetwork {
  /** No packet goes into a namespace or comes out, until it is mended. */
  cut(namespace: string): Promise<void>;
  mend(namespace: string): Promise<void>;
  /** Removes everything. Resolves with what the network counted. */
  stop(): Promise<string>;
}

/** Builds the program that carries packets; once. */
export async function buildWan(): Promise<void> {
  const source = readFileSync(join(root, 'test/regions/wan.go'), 'utf8');
  if (isBuilt('wan') && readFileSync(join(bin, 'wan.go'), 'utf8') === source) return;
  await goBuild(writeModule({ name: 'wan', requirements: [], source }), 'wan', '.');
  await run('cp', [join(root, 'test/regions/wan.go'), join(bin, 'wan.go')]);
}

/** Makes the namespaces, after removing what an interrupted run left. */
export async function startWideAreaNetwork({ delayMs, loss }: Weather): Promise<WideAreaNetwork> {
  await removeNamespaces();
  for (const { namespace } of regions) await run('ip', ['netns', 'add', namespace]);
  const places = [...regions.map(({ namespace, address }) => `${namespace}=${address}`), `=${outside.address}`];
  const child = spawn(join(bin, 'wan'), [`${delayMs}ms`, String(loss), ...places], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => String((await lines.next()).value);
  try {
    if ((await answer()) !== 'ready') throw new Error('The wide area network did not start.');
    for (const { namespace, address } of regions) await configure(['ip', 'netns', 'exec', namespace], address);
    await configure([], outside.address);
  } catch (error) {
    await end(child);
    await removeNamespaces();
    throw error;
  }
  const tell = async (line: string) => {
    child.stdin.write(`${line}\n`);
    if ((await answer()) !== line) throw new Error(`The wide area network did not do this: ${line}`);
  };
  return {
    cut: (namespace) => tell(`cut ${namespace}`),
    mend: (namespace) => tell(`mend ${namespace}`),
    async stop() {
      child.stdin.end();
      const counted = await answer();
      await end(child);
      await removeNamespaces();
      return counted;
    },
  };
}

/** Runs `ip` in a namespace. */
async function configure(within: readonly string[], address: string): Promise<void> {
  for (const line of [
    `address add ${address}/24 dev ${device}`,
    `link set ${device} mtu ${mtu} up`,
    'link set lo up',
  ]) {
    const [command = '', ...args] = [...within, 'ip', ...line.split(' ')];
    await run(command, args);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Nothing may run in them any more: a namespace lives as long as its last process. */
async function removeNamespaces(): Promise<void> {
  for (const { namespace } of regions) await attempt('ip', ['netns', 'delete', namespace]);
}

/** What is left of them, in words. */
export async function tracesOfNetwork(): Promise<readonly string[]> {
  const { stdout: namespaces } = await attempt('ip', ['netns', 'list']);
  const { stdout: links } = await attempt('ip', ['-oneline', 'link']);
  return [
    ...regions.filter(({ namespace }) => namespaces.includes(namespace)).map((one) => `namespace ${one.namespace}`),
    ...(links.includes(`${device}:`) ? [`interface ${device}`] : []),
  ];
}
