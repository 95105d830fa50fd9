/** What must hold after a chaos run, asked of the streams and of the chain itself. */
import type { Hex } from '@assay/protocol/bytes';
import { certifiedReportSchema } from '@assay/protocol/certified-report';
import type { Bus } from '@assay/protocol/ports';
import { proposalSchema } from '@assay/protocol/proposal';
import { rpc } from '../chain/faulty-rpc.ts';
import { decodedMessagesOf } from '../e2e/stream-messages.ts';
import type { ChaosNetwork } from './chaos-network.ts';

/** One line each; empty is good. */
export interface Invariants {
  /** Tasks without a report, batches that left the chain, transmitters with a transaction that gets nowhere. */
  readonly stuck: readonly string[];
  /** Reports that the chain does not bear out. */
  readonly lost: readonly string[];
  /** Tasks with two reports, or in two batches that the chain holds. */
  readonly doubled: readonly string[];
}

/** Where a report says that it is. */
export interface Report {
  readonly taskId: Hex;
  readonly epoch: number;
  readonly sequence: number;
  readonly root: Hex;
  readonly policyDigest: Hex;
  readonly results: Hex;
  readonly proof: readonly Hex[];
}

/** Every report on the stream. */
export async function reportsOf(bus: Bus): Promise<Report[]> {
  const reports = await decodedMessagesOf(bus, 'REPORTS', certifiedReportSchema);
  return reports.map(({ task, epoch, sequence, root, policyDigest, encodedResults, proof }) => ({
    taskId: task.taskId,
    epoch,
    sequence,
    root,
    policyDigest,
    results: encodedResults,
    proof,
  }));
}

/** Checks a network that has had its time to settle. */
export async function invariantsOf(
  network: ChaosNetwork,
  taskIds: readonly Hex[],
  reports: readonly Report[],
): Promise<Invariants> {
  const reported = count(reports.map(({ taskId }) => taskId));
  const posted = count(await postedTasks(network));
  const twice = (of: ReadonlyMap<string, number>, what: string) =>
    [...of].flatMap(([taskId, times]) => (times > 1 ? [`task ${taskId} is in ${times} ${what}`] : []));
  return {
    stuck: [
      ...taskIds.filter((taskId) => !reported.has(taskId)).map((taskId) => `task ${taskId} has no report`),
      ...(await strandedTransactions(network)),
    ],
    lost: (await Promise.all(reports.map((report) => unprovenBy(network, report)))).flat(),
    doubled: [...twice(reported, 'reports'), ...twice(posted, 'batches on chain')],
  };
}

async function unprovenBy({ chain }: ChaosNetwork, report: Report): Promise<string[]> {
  const { epoch, sequence, root, proof, ...fields } = report;
  if ((await chain.readRoot(epoch, sequence)) !== root)
    return [`the report of task ${report.taskId} is in batch ${epoch}-${sequence}, which the chain does not hold`];
  return (await chain.verifyReport(epoch, sequence, fields, proof))
    ? []
    : [`the report of task ${report.taskId} is not proven by batch ${epoch}-${sequence}`];
}

/** The tasks of every proposal that the chain holds. */
async function postedTasks({ bus, chain }: ChaosNetwork): Promise<string[]> {
  const proposals = await decodedMessagesOf(bus, 'PROPOSALS', proposalSchema);
  const tasks: string[] = [];
  for (const { epoch, sequence, root, entries } of proposals) {
    if ((await chain.readRoot(epoch, sequence)) === root) tasks.push(...entries.map(({ taskId }) => taskId));
  }
  return tasks;
}

/** Transactions that wait for one before them which nobody holds any more. */
async function strandedTransactions({ servers: { anvil }, aggregators }: ChaosNetwork): Promise<string[]> {
  const pool = await rpc<{ queued: Record<string, Record<string, unknown>> }>(anvil.url, 'txpool_inspect');
  const stranded = new Map(Object.entries(pool.queued).map(([account, waiting]) => [account.toLowerCase(), waiting]));
  return aggregators.flatMap(({ name, transmitter }) => {
    const waiting = Object.keys(stranded.get(transmitter) ?? {});
    return waiting.length > 0 ? [`${name} has transactions behind a gap: nonces ${waiting.join(', ')}`] : [];
  });
}

function count(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
