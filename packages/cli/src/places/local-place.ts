/** A network that is started for the tasks, and stopped after them. */
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import type { Policy } from '@assay/protocol/policy/policy';
import { readEvidence } from '@assay/runtime/validator/read-evidence';
import { type LocalNetwork, startLocalNetwork } from '../network/local-network.ts';
import { readPolicies, requirePoliciesForModel, shippedPoliciesFile } from '../network/policy-file.ts';
import { type JudgeOptions, judgeTasks } from '../tasks/judge-tasks.ts';
import { publicRequestOf, publicTaskOf } from '../tasks/public-request.ts';
import { askAsStranger } from '../tasks/request-as-outsider.ts';
import { registerSessionAccount, type SealOptions, sealTask } from '../tasks/seal-task.ts';
import type { LabelledTask } from '../tasks/task-file.ts';
import { inFlightMax, taskTimeoutMs, unlessStopped } from './network-judging.ts';
import type { JudgeHooks, Place } from './place.ts';

/** The network to start. */
export interface LocalPlaceOptions {
  readonly operators: number;
  readonly replicas: number;
  readonly aggregators: number;
  /** Port of the gateway; any free one if absent or 0. */
  readonly port?: number;
  /** Name of the policy to judge by. */
  readonly policy: string;
  /** Policy file other than the shipped one. */
  readonly policies?: string;
  /** The tasks to seal under session keys. */
  readonly sealed: ReadonlySet<LabelledTask>;
}

/** Accounts 0 to 3 belong to the deployer, the oracle and the aggregators; these belong to the User and the Miners. */
const firstClientAccount = 4;

/** Reads the policies; the network starts with the first task. Throws `UsageError` for policies of another model. */
export async function localPlace(options: LocalPlaceOptions): Promise<Place> {
  const policies = await readPolicies(options.policies ?? shippedPoliciesFile);
  await requirePoliciesForModel(policies);
  let network: LocalNetwork | undefined;
  return {
    policies,
    certifies: true,
    judge: async (tasks, hooks) => {
      network = await start(tasks, options, hooks);
      return unlessStopped(hooks.signal, judgeOn(network, policies, tasks, options, hooks));
    },
    close: async () => network?.stop(),
  };
}

function start(tasks: readonly LabelledTask[], options: LocalPlaceOptions, hooks: JudgeHooks): Promise<LocalNetwork> {
  const sealedMiners = minersOf(tasks.filter((task) => options.sealed.has(task)));
  return startLocalNetwork({
    operators: options.operators,
    replicas: options.replicas,
    aggregators: options.aggregators,
    // Only sealed content needs the key participant.
    participants: sealedMiners > 0 ? 1 : 0,
    accounts: firstClientAccount + 1 + sealedMiners,
    signal: hooks.signal,
    useRunning: true,
    ...(options.policies === undefined ? {} : { policiesFile: options.policies }),
    ...(options.port === undefined ? {} : { gatewayPort: options.port }),
    onProgress: hooks.onStep,
  });
}

async function judgeOn(
  network: LocalNetwork,
  policies: readonly Policy[],
  tasks: readonly LabelledTask[],
  { policy, sealed }: LocalPlaceOptions,
  hooks: JudgeHooks,
) {
  const toSeal = tasks.filter((task) => sealed.has(task));
  if (toSeal.length > 0) hooks.onStep('registering agreement keys of a User and Miners');
  const seal = toSeal.length > 0 ? await clientsOf(network, minersOf(toSeal)) : undefined;
  hooks.onStart();
  const judging = {
    gateway: network.gateway,
    chain: network.chain,
    policies,
    requestOf: async (task: LabelledTask) =>
      seal !== undefined && sealed.has(task) ? sealTask(task, seal) : publicRequestOf(task, policy),
    publicIdOf: (task: LabelledTask) => publicTaskOf(task, policy).taskId,
    timeoutMs: taskTimeoutMs,
    inFlightMax,
    signal: hooks.signal,
    onJudged: hooks.onJudged,
  };
  const judged = hooks.evidence ? await withEvidence(network, tasks, judging) : await judgeTasks(tasks, judging);
  return { strangerRefused: await askAsStranger(network, judged) };
}

/** Judges, and reads what operators state from the bus. */
async function withEvidence(network: LocalNetwork, tasks: readonly LabelledTask[], judging: JudgeOptions) {
  const bus = await connectNatsBus({ servers: network.servers.nats.url, name: 'assay-evidence' });
  try {
    return await judgeTasks(tasks, { ...judging, evidenceOf: (policy, report) => readEvidence(bus, policy, report) });
  } finally {
    await bus.close();
  }
}

function minersOf(tasks: readonly LabelledTask[]): number {
  return Math.max(0, ...tasks.map(({ submissions }) => submissions.length));
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
