/** A real PostgreSQL of its own, where the machine has one: Debian's package `postgresql`. */
import { execFile } from 'node:child_process';
import { accessSync, chownSync, constants, globSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type ServerProcess, startServer } from '@assay/adapters/process/child-server';
import { Client } from 'pg';

const user = 'assay';
const database = 'postgres';

/** Folder with `initdb` and `postgres`, or undefined. */
export const postgresFolder: string | undefined = [
  ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
  ...globSync('/usr/lib/postgresql/*/bin').sort().reverse(),
].find((folder) => ['initdb', 'postgres'].every((name) => isProgram(join(folder, name))));

/** A server, and its URL for clients. */
export interface PostgresServer extends Pick<ServerProcess, 'kill' | 'restart'> {
  readonly url: string;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts it. It does not run as root: then it runs as the owner of `/var/lib/postgresql`, in a folder outside those of
 * the tests, which are root's alone.
 */
export async function startPostgres(): Promise<PostgresServer> {
  if (postgresFolder === undefined) throw new Error('There is no PostgreSQL. Install it: apt-get install postgresql');
  const data = mkdtempSync('/var/tmp/assay-postgres-');
  try {
    const server = await serve(data);
    const stop = async () => {
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    };
    return { url: urlAt(server.port), stop, kill: () => server.kill(), restart: () => server.restart() };
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    throw error;
  }
}

async function serve(data: string): Promise<ServerProcess> {
  const as = runsAs();
  if (as !== undefined) chownSync(data, as.uid, as.gid);
  const words = (program: string, ...args: string[]): [string, ...string[]] => {
    const path = join(postgresFolder ?? '', program);
    if (as === undefined) return [path, ...args];
    return ['setpriv', `--reuid=${as.uid}`, `--regid=${as.gid}`, '--clear-groups', path, ...args];
  };
  const [initdb, ...initArgs] = words('initdb', '-D', data, '-U', user, '--auth=trust', '--no-sync', '-E', 'UTF8');
  await promisify(execFile)(initdb, initArgs, { cwd: data });
  const settings = ['fsync=off', 'unix_socket_directories=', 'shared_buffers=16MB', 'max_connections=20'];
  const [command, ...args] = words('postgres', '-D', data, ...settings.flatMap((one) => ['-c', one]));
  return startServer({
    name: 'postgres',
    command,
    install: 'apt-get install -y postgresql',
    scheme: 'http',
    args: (port) => [...args, '-c', 'listen_addresses=127.0.0.1', '-p', String(port)],
    probe: async (port) => {
      const client = new Client({ connectionString: urlAt(port) });
      try {
        await client.connect();
      } finally {
        await client.end().catch(() => undefined);
      }
    },
  });
}

function urlAt(port: number): string {
  return `postgres://${user}@127.0.0.1:${port}/${database}`;
}

function runsAs(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return statSync('/var/lib/postgresql');
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
