/** The servers that a local network stands on: NATS, Redis and a chain, started here or already running elsewhere. */
import { join } from 'node:path';
import { natsAccount, natsAccountsOf } from '@assay/adapters/nats/accounts';
import { provisionNats } from '@assay/adapters/nats/streams';
import { type ServerProcess, startAnvil, startNats, startRedis } from '@assay/adapters/process/server-process';
import { busIdentities } from '@assay/protocol/bus/permissions';
import type { Hex } from '@assay/protocol/encoding/bytes';

/** Three servers that answer. */
export interface LocalServers {
  readonly nats: ServerProcess;
  readonly redis: ServerProcess;
  readonly anvil: ServerProcess;
}

export interface LocalServersOptions {
  readonly dir: string;
  readonly blockTimeSeconds: number;
  /** Accounts of the chain that have funds. */
  readonly accounts: number;
  /** The password of the bus's users, and the operators that have some. */
  readonly busPassword: string;
  readonly operators: readonly Hex[];
  /** Servers that run already (`deploy/compose`), by the names of the environment. */
  readonly running: {
    readonly NATS_URL?: string | undefined;
    readonly REDIS_URL?: string | undefined;
    readonly CHAIN_RPC_URL?: string | undefined;
  };
  /** Told each server that was started here, so that it is stopped whatever happens next. */
  readonly onStarted: (server: ServerProcess) => void;
}

/** Starts what does not run yet, and makes the streams. Rejects when one does not answer; those started were told before. */
export async function startLocalServers(options: LocalServersOptions): Promise<LocalServers> {
  const { dir, running, blockTimeSeconds, accounts, onStarted } = options;
  const start = async (url: string | undefined, starting: () => Promise<ServerProcess>): Promise<ServerProcess> => {
    if (url !== undefined) return elsewhere(url);
    const server = await starting();
    onStarted(server);
    return server;
  };
  const settled = await Promise.allSettled([
    start(running.NATS_URL, () => startNats({ dir: join(dir, 'nats'), config: busUsers(options) })),
    start(running.REDIS_URL, () => startRedis({ dir: join(dir, 'redis') })),
    start(running.CHAIN_RPC_URL, () => startAnvil({ blockTimeSeconds, accounts })),
  ]);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const [nats, redis, anvil] = settled.map((one) => (one as PromiseFulfilledResult<ServerProcess>).value);
  if (nats === undefined || redis === undefined || anvil === undefined) throw new Error('A server is missing.');
  await provisionNats({ servers: nats.url, operators: options.operators });
  return { nats, redis, anvil };
}

/** A server that somebody else runs: it is used, and left as it is. */
function elsewhere(url: string): ServerProcess {
  const left = () => Promise.resolve();
  return { url, port: Number(new URL(url).port), pid: 0, stop: left, kill: left, restart: left };
}

/**
 * Services log in, each as the user whose permissions are its own; whoever is at this machine needs no password and may
 * do everything, as on any server for trying things.
 */
function busUsers({ operators, busPassword }: LocalServersOptions): Record<string, unknown> {
  const { jetstream, users } = natsAccountsOf(busIdentities(operators), () => busPassword)[natsAccount];
  return {
    accounts: { [natsAccount]: { jetstream, users: [...users, { user: visitor, password: busPassword }] } },
    no_auth_user: visitor,
  };
}

const visitor = 'visitor';
