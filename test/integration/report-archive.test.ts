/** Certified reports in a real PostgreSQL, which is killed in the middle. */
import { fileURLToPath } from 'node:url';
import { openPostgresArchive } from '@assay/adapters/postgres/report-archive';
import { errorText } from '@assay/protocol/error-text';
import {
  exampleCertifiedReport,
  exampleNetwork,
  exampleObservations,
  exampleTask,
} from '@assay/protocol/network/example-network';
import type { ReportArchive } from '@assay/protocol/report/report-archive';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, postgresFolder, startPostgres } from './postgres-server.ts';

const migrations = fileURLToPath(new URL('../../deploy/archive', import.meta.url));
const example = exampleNetwork();
const { chainId, hub } = example.network;
const of = { chainId, hub };
const reportOf = (reference: string) => {
  const { task } = exampleTask({ reference });
  return exampleCertifiedReport(example, [{ task, observations: exampleObservations(example, task) }]);
};

describe.skipIf(postgresFolder === undefined)('the archive in PostgreSQL (where postgres is installed)', () => {
  let postgres: PostgresServer;
  let archive: ReportArchive;

  beforeAll(async () => {
    postgres = await startPostgres();
    // Two that begin at once make the tables once.
    const opened = await Promise.all([open(), open()]);
    archive = opened[0];
    await opened[1].close();
  });

  afterAll(async () => {
    await archive?.close();
    await postgres?.stop();
  });

  const open = () => openPostgresArchive({ url: postgres.url, migrations });
  const rows = async (sql: string) => {
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };

  it('keeps a report once, with a row for each verdict, and how far the bus was read', async () => {
    const report = reportOf('once');
    expect(await archive.position(of)).toBe(0);
    expect(await archive.keep(of, 7, report)).toBe('kept');
    expect(await archive.keep(of, 8, report)).toBe('known');
    expect(await archive.keep(of, 9, undefined)).toBe('none');
    expect(await archive.position(of)).toBe(9);
    expect(await rows("SELECT report FROM reports WHERE reference = 'once'")).toEqual([{ report }]);
    const verdicts = await rows(
      `SELECT miner, verdict, final, scores, flags FROM verdicts WHERE task_id = '${report.task.taskId}' ORDER BY position`,
    );
    expect(verdicts).toEqual(report.results);
  });

  it('keeps the reports of two hubs apart', async () => {
    const report = reportOf('on two hubs');
    const other = { chainId: chainId + 1, hub };
    expect(await archive.keep(of, 10, report)).toBe('kept');
    expect(await archive.keep(other, 3, { ...report, chainId: other.chainId })).toBe('kept');
    expect([await archive.position(of), await archive.position(other)]).toEqual([10, 3]);
  });

  it('keeps one of two reports of a task that are written at once', async () => {
    const report = reportOf('at once');
    const second = await open();
    const done = await Promise.all([archive.keep(of, 11, report), second.keep(of, 11, report)]);
    await second.close();
    expect(done.sort()).toEqual(['kept', 'known']);
  });

  it('rejects while the database is away, and goes on when it is back', async () => {
    const report = reportOf('after a restart');
    await postgres.kill();
    await expect(archive.keep(of, 12, report)).rejects.toThrow();
    await postgres.restart();
    expect(await archive.position(of)).toBe(11);
    expect(await archive.keep(of, 12, report)).toBe('kept');
  });

  it('names host and database, and not the password, where it cannot connect', async () => {
    const url = `postgres://assay:secret-word@127.0.0.1:9/reports`;
    const failure = await openPostgresArchive({ url, migrations }).then(
      () => 'it connected',
      (error: unknown) => errorText(error),
    );
    expect(failure).toContain('The database at 127.0.0.1:9/reports cannot be used');
    expect(failure).not.toContain('secret-word');
  });
});
