/** Real servers for the local network and for tests: NATS, Redis and an EVM chain, each on a free port of 127.0.0.1. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type ServerProcess, startServer } from './child-server.ts';

export type { ServerProcess } from './child-server.ts';

const probeTimeoutMs = 2_000;
const accountsDefault = 10;
const gibibyte = 1024 ** 3;
const natsFileStoreBytesMax = 256 * gibibyte;
const redisMemoryMax = '256mb';

/** NATS's storage folder and further options. */
export interface NatsServerOptions {
  readonly dir: string;
  readonly port?: number;
  /** False for a server without streams: a leaf node. */
  readonly jetStream?: boolean;
  /** More of the server's configuration: accounts, cluster, TLS. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** NATS, with JetStream on disk in `dir` unless it has no streams. */
export async function startNats(options: NatsServerOptions): Promise<ServerProcess> {
  await mkdir(options.dir, { recursive: true });
  const config = join(options.dir, 'nats.conf');
  // Stream limits are reservations: the server refuses a stream if their sum exceeds this, whatever the size of the
  // disk.
  const jetstream = `{ store_dir: ${JSON.stringify(join(options.dir, 'jetstream'))}, max_file_store: ${natsFileStoreBytesMax}, max_memory_store: ${gibibyte} }`;
  const more = Object.entries(options.config ?? {}).map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`);
  const streams = options.jetStream === false ? '' : `jetstream: ${jetstream}\n`;
  await writeFile(config, `${streams}max_payload: 1MB\n${more.join('')}`, { mode: 0o600 });
  return startServer(
    {
      name: 'nats-server',
      command: 'nats-server',
      install: 'apt-get install -y --no-install-recommends nats-server   (macOS: brew install nats-server)',
      scheme: 'nats',
      args: (port) => ['-c', config, '-a', '127.0.0.1', '-p', String(port)],
      probe: (port) => greeting(port, '', 'INFO '),
    },
    options.port,
  );
}

/** Folder of Redis, and the lines of its users besides the default one; without any, only that one is there. */
export interface RedisServerOptions {
  readonly dir: string;
  readonly port?: number;
  readonly users?: readonly string[];
}

/** Redis without persistence. The default user needs no password and may do everything. */
export async function startRedis(options: RedisServerOptions): Promise<ServerProcess> {
  await mkdir(options.dir, { recursive: true });
  const acl = join(options.dir, 'users.acl');
  const lines = ['user default on nopass ~* &* +@all', ...(options.users ?? [])];
  await writeFile(acl, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  return startServer(
    {
      name: 'redis-server',
      command: 'redis-server',
      install: 'apt-get install -y --no-install-recommends redis-server   (macOS: brew install redis)',
      scheme: 'redis',
      args: (port) =>
        words(
          `--bind 127.0.0.1 --port ${port} --appendonly no --maxmemory ${redisMemoryMax} --maxmemory-policy allkeys-lru`,
        ).concat('--save', '', '--dir', options.dir, '--aclfile', acl),
      probe: (port) => greeting(port, 'PING\r\n', '+PONG'),
    },
    options.port,
  );
}

/** Options of the local chain. */
export interface AnvilOptions {
  /**
   * Block time in seconds; fractions are allowed. Fixed block times, because automine strands pipelined transactions.
   */
  readonly blockTimeSeconds?: number;
  /** The rules of the chain; `osaka` prices MODEXP higher and bounds the gas of a transaction. */
  readonly hardfork?: 'prague' | 'osaka';
  /** File with a genesis block that says who has funds; the chain then knows no account's key. */
  readonly genesisFile?: string;
  /** Number of funded accounts; see `anvilAccountKey`. */
  readonly accounts?: number;
  /** File that keeps the chain over `stop` and `restart`; without it, a restart begins with an empty chain. */
  readonly dir?: string;
  readonly port?: number;
}

/** anvil, a local EVM chain with the rules of prague unless it is told others. */
export async function startAnvil(options: AnvilOptions = {}): Promise<ServerProcess> {
  if (options.dir !== undefined) await mkdir(options.dir, { recursive: true });
  const state = options.dir === undefined ? [] : ['--state', join(options.dir, 'anvil-state.json')];
  const { blockTimeSeconds: blockTime = 1, hardfork = 'prague', genesisFile } = options;
  const accounts = genesisFile === undefined ? (options.accounts ?? accountsDefault) : 0;
  const genesis = genesisFile === undefined ? [] : ['--init', genesisFile];
  return startServer(
    {
      name: 'anvil',
      command: anvilBinary(),
      install: 'npm ci',
      scheme: 'http',
      args: (port) =>
        words(
          `--host 127.0.0.1 --port ${port} --silent --hardfork ${hardfork} --block-time ${blockTime} --accounts ${accounts}`,
        ).concat(state, genesis),
      probe: (port) => chainAnswers(port),
    },
    options.port,
  );
}

const words = (line: string): string[] => line.split(' ');

/** The native binary of this platform, because its npm wrapper would survive a kill. */
function anvilBinary(): string {
  const system = process.platform === 'win32' ? 'win32' : process.platform;
  const name = `@foundry-rs/anvil-${system}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    return require.resolve(`${name}/bin/anvil${process.platform === 'win32' ? '.exe' : ''}`);
  } catch (error) {
    throw new Error(`anvil is not installed: the npm package ${name} was not found. Install it: npm ci`, {
      cause: error,
    });
  }
}

/** Sends a line and waits for an answer with the expected prefix. */
function greeting(port: number, question: string, expected: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: probeTimeoutMs });
    let heard = '';
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.once('error', fail);
    socket.once('timeout', () => fail(new Error(`nothing came from port ${port}`)));
    socket.once('close', () => fail(new Error(`port ${port} closed the connection`)));
    socket.once('connect', () => socket.write(question));
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      if (!heard.startsWith(expected)) return;
      resolve();
      socket.destroy();
    });
  });
}

async function chainAnswers(port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] }),
    signal: AbortSignal.timeout(probeTimeoutMs),
  });
  const body: unknown = await answer.json();
  if (typeof body !== 'object' || body === null || !('result' in body))
    throw new Error('the chain gave no block number');
}
