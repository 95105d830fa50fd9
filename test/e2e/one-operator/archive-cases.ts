/** `assay archive` on a local network, with a real PostgreSQL and NATS under its permissions. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assayProgram } from '../../integration/assay-program.ts';
import { type PostgresServer, startPostgres } from '../../integration/postgres-server.ts';
import { certify, markedTask, publicRequest } from '../trace/trace-tasks.ts';
import type { WatchedNetwork } from '../watched-network.ts';

/** Runs `assay archive --once` for a network; what it says of each report. */
export async function archiveOnce(
  network: WatchedNetwork,
  postgres: PostgresServer,
  ...more: readonly string[]
): Promise<{ readonly kind: string; readonly taskId: string }[]> {
  const urlFile = join(network.dir, 'database.url');
  await writeFile(urlFile, postgres.url, { mode: 0o600 });
  const { hub, registry } = network.contracts;
  const options = {
    'database-url-file': urlFile,
    nats: network.servers.nats.url,
    'password-file': join(network.dir, 'bus.key'),
    rpc: network.rpcUrl,
    hub,
    registry,
  };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const args = [...assayProgram(), 'archive', ...words, '--once', '--json', ...more];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as { kind: string; taskId: string });
}

/** Needs a network of one operator that is there when the tests start. */
export function archiveTests(networkOf: () => WatchedNetwork): void {
  let postgres: PostgresServer;

  beforeAll(async () => {
    postgres = await startPostgres();
  });

  afterAll(() => postgres?.stop());

  it('keeps what the network has certified, proven, and a second run adds nothing', async () => {
    const network = networkOf();
    const { report } = await certify(network, { ...publicRequest(markedTask('archived')), policy: 'checksum-only' });
    const archive = (...more: string[]) => archiveOnce(network, postgres, ...more);
    const first = await archive();
    expect(first).toContainEqual(expect.objectContaining({ kind: 'kept', taskId: report.task.taskId }));
    expect(first.every(({ kind }) => kind === 'kept')).toBe(true);
    expect(await archive()).toEqual([]);
    expect((await archive('--again')).map(({ kind }) => kind)).toEqual(first.map(() => 'known'));
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    const { rows } = await client.query('SELECT report FROM reports WHERE task_id = $1', [report.task.taskId]);
    await client.end();
    expect(rows).toEqual([{ report }]);
  });
}
