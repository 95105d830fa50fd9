/** All data that a network leaves, read raw: bus, cache, chain, logs, metrics, files. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import type { WatchedNetwork } from '../watched-network.ts';
import { probe } from './trace-service.ts';

/** Records traffic that is not stored: requests and replies on the bus, commands to Redis. */
export interface Listener {
  /** The recorded traffic. */
  heard(): Map<string, Uint8Array>;
  stop(): Promise<void>;
}

/** Records every subject and every command from now on. */
export async function listenTo({ servers }: WatchedNetwork): Promise<Listener> {
  const bus: Uint8Array[] = [];
  const commands: string[] = [];
  const nc = await connect({ servers: servers.nats.url });
  nc.subscribe('>', {
    callback: (error, message) => {
      if (error === null) bus.push(Buffer.from(`${message.subject} ${headersOf(message.headers)}\n`), message.data);
    },
  });
  await nc.flush();
  const redis = new Redis(servers.redis.url);
  const monitor = await redis.monitor();
  monitor.on('monitor', (_time: string, args: readonly string[]) => commands.push(args.join(' ')));
  return {
    heard: () =>
      new Map([
        ['bus traffic', Buffer.concat(bus)],
        ['Redis commands', Buffer.from(commands.join('\n'))],
      ]),
    stop: async () => {
      monitor.disconnect();
      redis.disconnect();
      await nc.close();
    },
  };
}

/** All data of the network now. */
export async function tracesOf(network: WatchedNetwork): Promise<Map<string, Uint8Array>> {
  return new Map([
    ...(await busStreams(network)),
    ['Redis', await redisContents(network.servers.redis.url)],
    ['chain', await chainContents(network.rpcUrl)],
    ...(await signalsOf(network)),
    ...(await filesUnder(network.dir)),
  ]);
}

/** Every message of every stream, including buckets and object stores: subject, headers, data. */
async function busStreams({ servers }: WatchedNetwork): Promise<[string, Uint8Array][]> {
  const nc = await connect({ servers: servers.nats.url });
  try {
    const manager = await jetstreamManager(nc);
    const found: [string, Uint8Array][] = [];
    for await (const { config, state } of manager.streams.list()) {
      const messages = await rawMessages(nc, config.name, state.first_seq, state.last_seq);
      found.push([`stream ${config.name}`, Buffer.concat(messages)]);
    }
    return found;
  } finally {
    await nc.close();
  }
}

async function rawMessages(nc: NatsConnection, stream: string, first: number, last: number): Promise<Uint8Array[]> {
  const manager = await jetstreamManager(nc);
  const sequences = Array.from({ length: last === 0 ? 0 : last - first + 1 }, (_, index) => first + index);
  const messages = await Promise.all(sequences.map((seq) => manager.streams.getMessage(stream, { seq })));
  return messages.flatMap((one) =>
    one === null ? [] : [Buffer.from(`\n${one.subject} ${headersOf(one.header)}\n`), one.data],
  );
}

function headersOf(headers: MsgHdrs | undefined): string {
  return [...(headers ?? [])].map(([name, values]) => `${name}: ${values.join()}`).join('\n');
}

/** Every key with its value. Throws for a value type that Assay does not use, because it would not be searched. */
async function redisContents(url: string): Promise<Uint8Array> {
  const redis = new Redis(url);
  try {
    const parts: Buffer[] = [];
    for await (const keys of redis.scanStream() as AsyncIterable<string[]>) {
      for (const key of keys) {
        if ((await redis.type(key)) !== 'string') throw new Error(`The key ${key} holds no string.`);
        parts.push(Buffer.from(`\n${key} `), (await redis.getBuffer(key)) ?? Buffer.alloc(0));
      }
    }
    return Buffer.concat(parts);
  } finally {
    redis.disconnect();
  }
}

/** Every row of every table of a database. */
export async function databaseContents(url: string): Promise<Uint8Array> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
    const tables = found.rows.map((row) => String(Reflect.get(Object(row), 'tablename')));
    const rows: unknown[] = [];
    for (const table of tables)
      rows.push(...(await client.query(`SELECT * FROM ${client.escapeIdentifier(table)}`)).rows);
    return Buffer.from(JSON.stringify(rows));
  } finally {
    await client.end();
  }
}

/** Every block with its transactions, and every log. */
async function chainContents(rpcUrl: string): Promise<Uint8Array> {
  const call = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const response = await fetch(rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return ((await response.json()) as { result: unknown }).result;
  };
  const latest = Number(await call('eth_blockNumber', []));
  const blocks = Array.from({ length: latest + 1 }, (_, number) =>
    call('eth_getBlockByNumber', [`0x${number.toString(16)}`, true]),
  );
  const logs = call('eth_getLogs', [{ fromBlock: '0x0', toBlock: 'latest' }]);
  return Buffer.from(JSON.stringify(await Promise.all([...blocks, logs])));
}

async function signalsOf({ services }: WatchedNetwork): Promise<[string, Uint8Array][]> {
  return Promise.all(
    services.map(async (one): Promise<[string, Uint8Array]> => {
      const { text } = await probe(one, '/metrics');
      return [`metrics of ${one.name}`, Buffer.from(text)];
    }),
  );
}

/** Every file of the network's folder: logs and the server's stream files, but not the files of secret keys. */
async function filesUnder(folder: string): Promise<[string, Uint8Array][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile() && !one.name.endsWith('.key'));
  return Promise.all(
    files.map(async (one): Promise<[string, Uint8Array]> => {
      const path = join(one.parentPath, one.name);
      return [`file ${path.slice(folder.length + 1)}`, await readFile(path)];
    }),
  );
}
