/**
 * One chaos run: tasks are submitted while faults are injected; then the faults stop, and every task must have exactly
 * one report.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { batchIdOf } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { ChainReader } from '@assay/sdk/chain-reader';
import { GatewayError } from '@assay/sdk/gateway-client';
import { rpc } from '../chain/faulty-rpc.ts';
import { SeededRandom } from '../sim/seeded-random.ts';
import { type ChaosNetwork, type Restartable, startChaosNetwork } from './chaos-network.ts';
import { type FaultCounts, injectFaults } from './inject-faults.ts';
import { type Invariants, invariantsOf, type Report, reportsOf } from './invariants.ts';
import { ReportCount } from './report-count.ts';

export interface ChaosPlan {
  readonly seed: string;
  readonly faults: number;
  /** Mean time from one fault to the next. */
  readonly everyMs: number;
  /** The deadline after the last fault. */
  readonly patienceMs: number;
  /** How long an epoch lasts at least. Its grace period is half of that. */
  readonly epochSeconds: number;
  /** Folder in which the services' logs are kept; none if absent. */
  readonly logDir?: string;
  /** Folder for recordings of what the aggregators decide; none if absent. */
  readonly recordDir?: string;
  readonly onProgress?: (line: string) => void;
}

export interface ChaosResult extends Invariants {
  readonly seed: string;
  readonly faults: FaultCounts;
  /** Reports of each epoch. */
  readonly reportsOfEpoch: Readonly<Record<string, number>>;
  readonly tasks: number;
  readonly batches: number;
  /** From the start of the servers to the end, and the part of it after the faults until everything was complete. */
  readonly seconds: number;
  readonly calmSeconds: number;
}

const policy = 'checksum-only';
const taskEveryMs = 150;
const openTasksMax = 50;
const pollMs = 500;

/** Runs a plan on a new network. */
export async function runChaos(plan: ChaosPlan): Promise<ChaosResult> {
  const startedMs = Date.now();
  const network = await startChaosNetwork(plan);
  const reported = new ReportCount(network.bus);
  try {
    const { taskIds, faults } = await underFaults(network, reported, plan);
    plan.onProgress?.(`the faults are made, ${taskIds.length} tasks handed in; now it is calm`);
    const calmMs = Date.now();
    const deadline = calmMs + plan.patienceMs;
    const idle = await handInUntilAllPost({ network, reported, seed: plan.seed }, taskIds, deadline);
    const reports = await settled(network, taskIds, deadline);
    const calmSeconds = (Date.now() - calmMs) / 1000;
    const result = await invariantsOf(network, { taskIds, reports, idle });
    return {
      ...result,
      seed: plan.seed,
      faults,
      tasks: taskIds.length,
      batches: new Set(reports.map(({ epoch, sequence }) => batchIdOf(epoch, sequence))).size,
      reportsOfEpoch: countBy(reports.map(({ epoch }) => `${epoch}`)),
      calmSeconds,
      seconds: (Date.now() - startedMs) / 1000,
    };
  } finally {
    await reported.stop();
    await network.stop();
  }
}

async function underFaults(
  network: ChaosNetwork,
  reported: ReportCount,
  { seed, faults: count, everyMs, patienceMs }: ChaosPlan,
): Promise<{ taskIds: Hex[]; faults: FaultCounts }> {
  const faulty = new AbortController();
  const handing = handInTasks({ network, reported, seed }, faulty.signal);
  const progressed = progressOf(reported, patienceMs);
  try {
    const faults = await injectFaults(network, new SeededRandom(seed), { count, everyMs, progressed });
    faulty.abort();
    return { taskIds: await handing, faults };
  } finally {
    faulty.abort();
    await handing;
  }
}

/** Waits for a new report. If none arrives in time, the invariants find it. */
function progressOf(reported: ReportCount, patienceMs: number): () => Promise<void> {
  let seen = 0;
  return async () => {
    const deadline = Date.now() + patienceMs;
    while (Date.now() < deadline) {
      const now = reported.tasks;
      if (now > seen) {
        seen = now;
        return;
      }
      await pause(pollMs);
    }
  };
}

/** A network under load: tasks are handed in while few of them are open. */
interface Loaded {
  readonly network: ChaosNetwork;
  readonly reported: ReportCount;
  readonly seed: string;
}

async function handInTasks({ network, reported, seed }: Loaded, signal: AbortSignal): Promise<Hex[]> {
  const taskIds: Hex[] = [];
  for (let number = 0; !signal.aborted; number++) {
    if (taskIds.length - reported.tasks < openTasksMax) taskIds.push(...(await handIn(network, `${seed} ${number}`)));
    await pause(taskEveryMs);
  }
  return taskIds;
}

/**
 * The id of the task with this reference; undefined if the gateway did not accept it, because only accepted tasks must
 * get reports.
 */
async function handIn({ gateway }: ChaosNetwork, reference: string): Promise<Hex[]> {
  const submissions = ['one', 'two'].map((miner) => ({ miner, output: `answer to ${reference} of ${miner}` }));
  try {
    return [await gateway.submitTask({ reference, policy, prompt: `question ${reference}`, submissions })];
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return [];
  }
}

/**
 * Submits more tasks until every transmitter has a transaction in a block, so that nothing left in the pool by a fault
 * blocks them. Returns the aggregators whose transmitter had none by the deadline.
 */
async function handInUntilAllPost(
  { network, reported, seed }: Loaded,
  taskIds: Hex[],
  deadline: number,
): Promise<Restartable[]> {
  const { anvil } = network.servers;
  const mined = ({ transmitter }: Restartable) =>
    rpc<string>(anvil.url, 'eth_getTransactionCount', [transmitter, 'latest']).then(Number);
  const before = await Promise.all(network.aggregators.map(mined));
  for (let number = 0; ; number++) {
    const now = await Promise.all(network.aggregators.map(mined));
    const idle = network.aggregators.filter((_, index) => (now[index] ?? 0) <= (before[index] ?? 0));
    if (idle.length === 0 || Date.now() >= deadline) return idle;
    if (taskIds.length - reported.tasks < openTasksMax)
      taskIds.push(...(await handIn(network, `${seed} calm ${number}`)));
    await pause(pollMs);
  }
}

/** Waits until every task has a report whose batch is on chain, at most until the deadline. */
async function settled({ bus, chain }: ChaosNetwork, taskIds: readonly Hex[], deadline: number): Promise<Report[]> {
  for (;;) {
    const reports = await reportsOf(bus);
    const posted = await postedBatches(chain, reports);
    const onChain = reports.filter(({ epoch, sequence }) => posted.has(batchIdOf(epoch, sequence)));
    const reported = new Set(onChain.map(({ taskId }) => taskId));
    const isDone = taskIds.every((taskId) => reported.has(taskId));
    if (isDone || Date.now() >= deadline) return reports;
    await pause(pollMs);
  }
}

/** How often each value is there. */
function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** The ids of the batches of reports that the chain holds. */
async function postedBatches(chain: ChainReader, reports: readonly Report[]): Promise<Set<string>> {
  const batches = new Map(reports.map((one) => [batchIdOf(one.epoch, one.sequence), one]));
  const posted = new Set<string>();
  for (const [batchId, { epoch, sequence, root }] of batches)
    if ((await chain.readRoot(epoch, sequence)) === root) posted.add(batchId);
  return posted;
}
