/** One chaos run: tasks come in while faults are made; then it is calm, and everything must be there once. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Hex } from '@assay/protocol/bytes';
import { GatewayError } from '@assay/sdk/gateway-client';
import { SeededRandom } from '../sim/seeded-random.ts';
import { type ChaosNetwork, startChaosNetwork } from './chaos-network.ts';
import { makeFaults } from './faults.ts';
import { type Invariants, invariantsOf, type Report, reportsOf } from './invariants.ts';

export interface ChaosPlan {
  readonly seed: string;
  readonly faults: number;
  /** Mean time from one fault to the next. */
  readonly everyMs: number;
  /** How long after the last fault everything must be there. */
  readonly patienceMs: number;
  readonly onProgress?: (line: string) => void;
}

export interface ChaosResult extends Invariants {
  readonly seed: string;
  readonly faults: Readonly<Record<string, number>>;
  readonly tasks: number;
  readonly batches: number;
  readonly seconds: number;
}

const policy = 'checksum-only';
const taskEveryMs = 150;
const pollMs = 500;

/** Runs a plan on a network of its own. */
export async function runChaos(plan: ChaosPlan): Promise<ChaosResult> {
  const startedMs = Date.now();
  const network = await startChaosNetwork();
  try {
    const faulty = new AbortController();
    const handing = handInTasks(network, plan.seed, faulty.signal);
    const faults = await makeFaults(network, new SeededRandom(plan.seed), {
      count: plan.faults,
      everyMs: plan.everyMs,
    });
    faulty.abort();
    const taskIds = await handing;
    plan.onProgress?.(`${plan.faults} faults made, ${taskIds.length} tasks handed in; now it is calm`);
    const reports = await settled(network, taskIds, plan.patienceMs);
    const result = await invariantsOf(network, taskIds, reports);
    return {
      ...result,
      seed: plan.seed,
      faults,
      tasks: taskIds.length,
      batches: new Set(reports.map(({ sequence }) => sequence)).size,
      seconds: (Date.now() - startedMs) / 1000,
    };
  } finally {
    await network.stop();
  }
}

async function handInTasks({ gateway }: ChaosNetwork, seed: string, signal: AbortSignal): Promise<Hex[]> {
  const taskIds: Hex[] = [];
  for (let number = 0; !signal.aborted; number++) {
    const submissions = ['one', 'two'].map((miner) => ({ miner, output: `answer ${number} of ${miner}` }));
    try {
      const reference = `${seed} ${number}`;
      taskIds.push(await gateway.submitTask({ reference, policy, prompt: `question ${number}`, submissions }));
    } catch (error) {
      // What was not taken is not owed.
      if (!(error instanceof GatewayError)) throw error;
    }
    await pause(taskEveryMs);
  }
  return taskIds;
}

/** Waits until every task has its report and the reports' batches stay on chain, at most the plan's patience. */
async function settled(network: ChaosNetwork, taskIds: readonly Hex[], patienceMs: number): Promise<Report[]> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const reports = await reportsOf(network.bus);
    const reported = new Set(reports.map(({ taskId }) => taskId));
    const roots = await Promise.all(
      reports.map(async (one) => one.root === (await network.chain.readRoot(one.epoch, one.sequence))),
    );
    if (taskIds.every((taskId) => reported.has(taskId)) && roots.every(Boolean)) return reports;
    if (Date.now() >= deadline) return reports;
    await pause(pollMs);
  }
}
