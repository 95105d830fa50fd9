/** Shared by `demo` and `validate`: starts a network, judges tasks on it, prints the results, stops it. */
import { writeFile } from 'node:fs/promises';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { type LocalNetwork, startLocalNetwork } from '../network/local-network.ts';
import { accountOf } from '../output/task-summary.ts';
import { Progress, print } from '../output/terminal.ts';
import { confusionOf, outLinesOf, totalsOf } from '../output/totals.ts';
import { totalsAccountOf } from '../output/totals-summary.ts';
import { type JudgedTask, judgeTasks } from '../tasks/judge-tasks.ts';
import { publicRequestOf } from '../tasks/public-request.ts';
import { askAsStranger } from '../tasks/request-as-outsider.ts';
import { registerSessionAccount, type SealOptions, sealTask } from '../tasks/seal-task.ts';
import type { LabelledTask } from '../tasks/task-file.ts';
import { UsageError } from './usage-error.ts';

export interface JudgeCommand {
  readonly operators: number;
  readonly replicas: number;
  readonly json: boolean;
  readonly out?: string;
  readonly policy: string;
  /** Policy file other than the shipped one. */
  readonly policies?: string;
  /** Number of tasks, spread over the file, that are sealed under session keys. */
  readonly sealed: number;
  readonly signal: AbortSignal;
}

/** More than a policy's deadline for the longest likely task, plus its batch and block. */
const taskTimeoutMs = 300_000;
const inFlightMax = 8;
const aggregators = 2;
/** Accounts 0 to 3 belong to the deployer, the oracle and the aggregators; these belong to the User and the Miners. */
const firstClientAccount = 2 + aggregators;

/** Runs the command; resolves with the exit code: 0 if every task is certified and proven, otherwise 1. */
export async function judgeCommand(tasks: readonly LabelledTask[], options: JudgeCommand): Promise<number> {
  const progress = new Progress();
  const sealedMiners = Math.max(0, ...tasks.map((task) => task.submissions.length));
  const network = await startLocalNetwork({
    operators: options.operators,
    replicas: options.replicas,
    aggregators,
    accounts: firstClientAccount + 1 + sealedMiners,
    signal: options.signal,
    useRunning: true,
    ...(options.policies === undefined ? {} : { policiesFile: options.policies }),
    onProgress: (step) => progress.say(step),
  });
  try {
    const { judged, elapsedMs, strangerRefused } = await Promise.race([
      judgeOn(network, tasks, options, progress),
      rejectOn(options.signal),
    ]);
    progress.say('stopping the network');
    await network.stop();
    progress.end();
    if (options.out !== undefined) await writeFile(options.out, `${judged.flatMap(outLinesOf).join('\n')}\n`);
    const totals = totalsOf(judged, elapsedMs, strangerRefused);
    if (!options.json) for (const line of totalsAccountOf(totals, confusionOf(judged))) print(line);
    else print(JSON.stringify(totals));
    return totals.provenOnChain === totals.tasks ? 0 : 1;
  } finally {
    progress.end();
    await network.stop();
  }
}

/** Rejects when the signal aborts, so that Ctrl-C does not wait for a report. */
function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function judgeOn(
  network: LocalNetwork,
  tasks: readonly LabelledTask[],
  options: JudgeCommand,
  progress: Progress,
): Promise<{ judged: JudgedTask[]; elapsedMs: number; strangerRefused: number | undefined }> {
  if (!network.policies.some((policy) => policy.name === options.policy)) {
    throw new UsageError(
      `There is no policy "${options.policy}"; the network has ${network.policies.map((one) => one.name).join(', ')}.`,
    );
  }
  const sealedIndexes = spread(options.sealed, tasks.length);
  let seal: SealOptions | undefined;
  if (sealedIndexes.size > 0) {
    progress.say('registering agreement keys of a User and Miners');
    seal = await clientsOf(
      network,
      Math.max(...[...sealedIndexes].map((index) => tasks[index]?.submissions.length ?? 0)),
    );
  }
  let done = 0;
  progress.say(`judging ${tasks.length} tasks`);
  const startedMs = performance.now();
  const judged = await judgeTasks(tasks, {
    gateway: network.gateway,
    chain: network.chain,
    policies: network.policies,
    requestOf: async (task, index) =>
      seal !== undefined && sealedIndexes.has(index) ? sealTask(task, seal) : publicRequestOf(task, options.policy),
    timeoutMs: taskTimeoutMs,
    inFlightMax,
    signal: options.signal,
    onJudged: (one) => {
      done += 1;
      progress.end();
      if (!options.json) for (const line of accountOf(one)) print(line);
      progress.say(`${done} of ${tasks.length} tasks certified`);
    },
  });
  const elapsedMs = performance.now() - startedMs;
  return { judged, elapsedMs, strangerRefused: await askAsStranger(network, judged) };
}

/** `count` indexes spread evenly over `length`. */
function spread(count: number, length: number): Set<number> {
  const wanted = Math.min(count, length);
  return new Set(Array.from({ length: wanted }, (_, index) => Math.floor(((index + 0.5) * length) / wanted)));
}

async function clientsOf(network: LocalNetwork, miners: number): Promise<SealOptions> {
  const { oracle } = await network.gateway.readNetwork();
  const agreementKey = oracle === undefined ? undefined : await network.chain.agreementKeyOf(oracle);
  if (oracle === undefined || agreementKey === undefined)
    throw new Error('The network has no key participant with an agreement key.');
  const account = (index: number) => registerSessionAccount(network.chain, anvilAccountKey(firstClientAccount + index));
  const [user, ...minerAccounts] = await Promise.all(Array.from({ length: 1 + miners }, (_, index) => account(index)));
  if (user === undefined) throw new Error('There is no account for the User.');
  return {
    gateway: network.gateway,
    oracle: { party: 'oracle', address: oracle, agreementKey },
    user,
    miners: minerAccounts,
  };
}
