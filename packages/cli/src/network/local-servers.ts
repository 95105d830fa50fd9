/** The servers of a local network: NATS, Redis and a chain, started here or already running. */
import { join } from 'node:path';
import { natsAccount, natsAccountsOf } from '@assay/adapters/nats/accounts';
import { provisionNats } from '@assay/adapters/nats/streams';
import { type ServerProcess, startAnvil, startNats, startRedis } from '@assay/adapters/process/server-programs';
import { redisAclOf, redisUsers } from '@assay/adapters/redis/users';
import { busIdentities } from '@assay/protocol/bus/permissions';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Role } from '@assay/protocol/observation/role';

/** The three running servers. */
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
  /** The password of the users of bus and Redis, and the operators and aggregators that have users. */
  readonly busPassword: string;
  readonly operators: readonly Hex[];
  /** The roles that the network's policies use. */
  readonly roles: readonly Role[];
  readonly aggregators: number;
  /** Servers that already run (`deploy/compose`), by the names of the environment variables. */
  readonly running: {
    readonly NATS_URL?: string | undefined;
    readonly REDIS_URL?: string | undefined;
    readonly CHAIN_RPC_URL?: string | undefined;
  };
  /** Called with each server that was started here, so that it is stopped in any case. */
  readonly onStarted: (server: ServerProcess) => void;
}

/**
 * Starts the servers that do not run yet and creates the streams. Rejects if one does not respond; `onStart` has been
 * called for those started.
 */
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
    start(running.REDIS_URL, () =>
      startRedis({ dir: join(dir, 'redis'), users: redisUsers.map((user) => redisAclOf(user, options.busPassword)) }),
    ),
    start(running.CHAIN_RPC_URL, () => startAnvil({ blockTimeSeconds, accounts })),
  ]);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const [nats, redis, anvil] = settled.map((one) => (one as PromiseFulfilledResult<ServerProcess>).value);
  if (nats === undefined || redis === undefined || anvil === undefined) throw new Error('A server is missing.');
  await provisionNats({ servers: nats.url, operators: options.operators, roles: options.roles });
  return { nats, redis, anvil };
}

/** An external server: it is used and not stopped. */
function elsewhere(url: string): ServerProcess {
  const left = () => Promise.resolve();
  return { url, port: Number(new URL(url).port), pid: 0, stop: left, kill: left, restart: left };
}

/**
 * Each service logs in as its own user with its own permissions. Users of this machine need no password and may do
 * everything, as on any test server.
 */
function busUsers({ operators, roles, aggregators, busPassword }: LocalServersOptions): Record<string, unknown> {
  const identities = busIdentities(operators, { roles, aggregators });
  const { jetstream, users } = natsAccountsOf(identities, () => busPassword)[natsAccount];
  return {
    accounts: { [natsAccount]: { jetstream, users: [...users, { user: visitor, password: busPassword }] } },
    no_auth_user: visitor,
  };
}

const visitor = 'visitor';
