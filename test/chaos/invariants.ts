/** The invariants after a chaos run, checked on the streams and the chain. */

import { cosignatureSchema } from '@assay/protocol/batch/certificate';
import { type Proposal, proposalSchema } from '@assay/protocol/batch/proposal';
import { batchIdOf } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { observationSchema } from '@assay/protocol/observation/observation';
import type { Bus } from '@assay/protocol/ports';
import { certifiedReportSchema } from '@assay/protocol/report/certified-report';
import { decodedMessagesOf, messagesOf } from '../e2e/stream-messages.ts';
import type { ChaosNetwork, Restartable } from './chaos-network.ts';
import { floodHeader } from './floods.ts';

/** One line each; empty is good. */
export interface Invariants {
  /**
   * Tasks without a report, aggregators whose transmitter gets no more transactions into a block, and processes that
   * ended by themselves.
   */
  readonly stuck: readonly string[];
  /** Reports that the chain does not prove, of tasks without another one that it proves. */
  readonly lost: readonly string[];
  /** Tasks with two reports that the chain proves, or in two batches that the chain holds. */
  readonly doubled: readonly string[];
}

/** The batch that a report names. */
export interface Report {
  readonly taskId: Hex;
  readonly epoch: number;
  readonly sequence: number;
  readonly root: Hex;
  readonly policyDigest: Hex;
  readonly results: Hex;
  readonly proof: readonly Hex[];
}

/** Every report on the stream that an aggregator of the network wrote. */
export async function reportsOf(bus: Bus): Promise<Report[]> {
  const reports = (await messagesOf(bus, 'REPORTS')).flatMap(({ headers, data }) => {
    if (headers[floodHeader] !== undefined) return [];
    const decoded = decodeMessage(certifiedReportSchema, data);
    return decoded.ok ? [decoded.value] : [];
  });
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

/** The result of a run. */
export interface Outcome {
  readonly taskIds: readonly Hex[];
  readonly reports: readonly Report[];
  /** Aggregators that got no transaction into a block after the faults stopped. */
  readonly idle: readonly Restartable[];
}

/** Checks a network after its recovery time. */
export async function invariantsOf(network: ChaosNetwork, { taskIds, reports, idle }: Outcome): Promise<Invariants> {
  const reported = new Set(reports.map(({ taskId }) => taskId));
  const unproven = await Promise.all(reports.map((report) => whyUnproven(network, report)));
  const proven = count(reports.filter((_, index) => unproven[index] === undefined).map(({ taskId }) => taskId));
  const posted = count(await postedTasks(network));
  const twice = (of: ReadonlyMap<string, number>, what: string) =>
    [...of].flatMap(([taskId, times]) => (times > 1 ? [`task ${taskId} is in ${times} ${what}`] : []));
  const unreported = taskIds.filter((taskId) => !reported.has(taskId));
  return {
    stuck: [
      ...(unreported.length === 0 ? [] : await whereAre(network, unreported)),
      ...idle.map(({ name }) => `${name} gets no transaction into a block any more`),
      ...network.ended,
    ],
    lost: reports.flatMap(({ taskId }, index) => (proven.has(taskId) ? [] : (unproven[index] ?? []))),
    doubled: [...twice(proven, 'reports'), ...twice(posted, 'batches on chain')],
  };
}

/** The progress of each task without a report, by the streams and the chain. */
async function whereAre({ bus, chain }: ChaosNetwork, taskIds: readonly Hex[]): Promise<string[]> {
  const [observations, proposals, cosignatures] = await Promise.all([
    decodedMessagesOf(bus, 'OBSERVATIONS', observationSchema),
    decodedMessagesOf(bus, 'PROPOSALS', proposalSchema),
    decodedMessagesOf(bus, 'COSIGNATURES', cosignatureSchema),
  ]);
  const placeOf = async ({ epoch, sequence, root }: Proposal) => {
    const signed = cosignatures.filter((one) => one.sequence === sequence).length;
    const isIn = (await chain.readRoot(epoch, sequence)) === root;
    return `batch ${epoch}-${sequence} with ${signed} cosignatures, ${isIn ? 'on chain' : 'not on chain'}`;
  };
  return Promise.all(
    taskIds.map(async (taskId) => {
      const observed = observations.filter((one) => one.taskId === taskId).length;
      const batches = proposals.filter(({ entries }) => entries.some((entry) => entry.taskId === taskId));
      const places = await Promise.all(batches.map(placeOf));
      return `task ${taskId} has no report: ${observed} observations, ${places.join('; ') || 'no proposal'}`;
    }),
  );
}

async function whyUnproven({ chain }: ChaosNetwork, report: Report): Promise<string | undefined> {
  const { epoch, sequence, root, proof, ...fields } = report;
  if ((await chain.readRoot(epoch, sequence)) !== root)
    return `the report of task ${report.taskId} is in batch ${epoch}-${sequence}, which the chain does not hold`;
  return (await chain.verifyReport(epoch, sequence, fields, proof))
    ? undefined
    : `the report of task ${report.taskId} is not proven by batch ${epoch}-${sequence}`;
}

/** The tasks of every proposal that the chain holds. */
async function postedTasks({ bus, chain }: ChaosNetwork): Promise<string[]> {
  const proposals = await decodedMessagesOf(bus, 'PROPOSALS', proposalSchema);
  const tasks: string[] = [];
  // A flood repeats proposals: a batch counts once.
  const batches = new Map(proposals.map((one) => [`${batchIdOf(one.epoch, one.sequence)} ${one.root}`, one]));
  for (const { epoch, sequence, root, entries } of batches.values()) {
    if ((await chain.readRoot(epoch, sequence)) === root) tasks.push(...entries.map(({ taskId }) => taskId));
  }
  return tasks;
}

function count(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
