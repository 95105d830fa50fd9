/** Certified reports in PostgreSQL: tables by migrations, one transaction for each report. */
import { errorText } from '@assay/protocol/error-text';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import type { ArchivedHub, ReportArchive } from '@assay/protocol/report/report-archive';
import { tuning } from '@assay/protocol/tuning';
import { runner } from 'node-pg-migrate';
import { Pool, type PoolClient } from 'pg';

/** Where the database is. */
export interface PostgresOptions {
  /** `postgres://user:password@host:5432/database`; TLS by its query, as libpq: `?sslmode=verify-full`. */
  readonly url: string;
  /** Folder of the migrations. */
  readonly migrations: string;
}

const connections = 2;
/** Migrations are recorded here, so that an archive may share a database. */
const migrationsTable = 'assay_migrations';

/** Connects and migrates. Rejects with the host, and never with the password, if the database does not take it. */
export async function openPostgresArchive({ url, migrations }: PostgresOptions): Promise<ReportArchive> {
  const timeouts = { connectionTimeoutMillis: tuning.receiptTimeoutMs, statement_timeout: tuning.receiptTimeoutMs };
  const pool = new Pool({ connectionString: url, max: connections, application_name: 'assay-archive', ...timeouts });
  // An idle connection that the server ends is replaced by the next call.
  pool.on('error', () => undefined);
  try {
    await migrate(pool, migrations);
  } catch (cause) {
    await pool.end();
    throw new Error(`The database at ${placeOf(url)} cannot be used: ${errorText(cause)}`, { cause });
  }
  return {
    async position({ chainId, hub }) {
      const { rows } = await pool.query<{ sequence: string }>(
        'SELECT sequence FROM positions WHERE chain_id = $1 AND hub = $2',
        [chainId, hub],
      );
      return Number(rows[0]?.sequence ?? 0);
    },
    keep: (of, sequence, report) =>
      inTransaction(pool, async (client) => {
        const kept = report === undefined ? 'none' : await insert(client, of, report);
        await client.query(
          `INSERT INTO positions (chain_id, hub, sequence) VALUES ($1, $2, $3)
           ON CONFLICT (chain_id, hub) DO UPDATE SET sequence = excluded.sequence`,
          [of.chainId, of.hub, sequence],
        );
        return kept;
      }),
    close: () => pool.end(),
  };
}

async function migrate(pool: Pool, dir: string): Promise<void> {
  const dbClient = await pool.connect();
  try {
    // Several archives that start at once wait for each other by an advisory lock.
    await runner({
      dbClient,
      dir,
      direction: 'up',
      migrationsTable,
      log: () => undefined,
      checkOrder: true,
      advisoryLockMode: 'wait',
    });
  } finally {
    dbClient.release();
  }
}

async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    failure = error instanceof Error ? error : new Error(errorText(error));
    throw failure;
  } finally {
    // A connection in the middle of a transaction is closed, which rolls it back.
    client.release(failure);
  }
}

async function insert(client: PoolClient, { chainId, hub }: ArchivedHub, report: CertifiedReport) {
  const { task, transaction } = report;
  const { rowCount } = await client.query(
    `INSERT INTO reports (chain_id, hub, task_id, epoch, sequence, reference, model, policy, policy_digest, root,
       transaction_hash, block_number, report)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING`,
    [
      chainId,
      hub,
      task.taskId,
      report.epoch,
      report.sequence,
      task.reference,
      task.parameters.model ?? null,
      task.policy,
      report.policyDigest,
      report.root,
      transaction.hash,
      transaction.blockNumber,
      JSON.stringify(report),
    ],
  );
  if (rowCount === 0) return 'known';
  const rows = report.results.map(({ miner, verdict, final, scores, flags }, position) => ({
    position,
    miner,
    verdict,
    final,
    scores,
    flags,
  }));
  await client.query(
    `INSERT INTO verdicts (chain_id, hub, task_id, position, miner, verdict, final, scores, flags)
     SELECT $1, $2, $3, row.* FROM jsonb_to_recordset($4) AS row
       (position integer, miner text, verdict text, final boolean, scores jsonb, flags jsonb)`,
    [chainId, hub, task.taskId, JSON.stringify(rows)],
  );
  return 'kept';
}

/** Host and database of a URL, without user and password. */
function placeOf(url: string): string {
  const { host, pathname } = URL.parse(url) ?? { host: 'a malformed URL', pathname: '' };
  return `${host}${pathname}`;
}
