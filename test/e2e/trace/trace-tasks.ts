/** Submits tasks to a traced network, public and sealed, with words that no signal may repeat. */
import { randomBytes } from 'node:crypto';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { registerSessionAccount, type SealOptions, sealTask } from '@assay/cli/tasks/seal-task';
import type { LabelledTask } from '@assay/cli/tasks/task-file';
import { type Hex, toHex } from '@assay/protocol/encoding/bytes';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import type { TaskRequestInput } from '@assay/protocol/task/task';
import type { WatchedNetwork } from '../watched-network.ts';

/** Words that occur in every prompt and every output, and nowhere else. */
export const contentMarkers = ['zyxwombatprompt', 'qvkquokkaanswer'] as const;

/** Accounts of the chain before it belong to the deployer, the key participant and two aggregators. */
const firstClientAccount = 4;
const reportWaitMs = 30_000;
const batchTriesMax = 3;

/** A completed task. */
export interface CertifiedTask {
  readonly taskId: Hex;
  readonly report: CertifiedReport;
}

/** The trace context of a client with its own trace. */
export interface ClientTrace {
  readonly traceId: string;
  readonly spanId: string;
}

/** A fresh, sampled trace context. */
export function clientTrace(): ClientTrace {
  return { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') };
}

/** The context as W3C's header has it. */
export function traceparentOf({ traceId, spanId }: ClientTrace): string {
  return `00-${traceId}-${spanId}-01`;
}

/** Three honest answers to one question; no two tasks have the same texts. */
export function markedTask(reference: string): LabelledTask {
  const [prompt, answer] = contentMarkers;
  return {
    task: reference,
    prompt: `Why does the ${prompt} sleep during the day and look for food at night?`,
    submissions: [
      `The ${answer} in ${reference} sleeps by day because it is cooler and safer to look for food at night.`,
      `By night it is safer and cooler, so the ${answer} in ${reference} rests during the day and eats in the dark.`,
      `Heat and hunters make the day dangerous: the ${answer} in ${reference} therefore sleeps then and feeds at night.`,
    ].map((output, index) => ({ miner: `miner-${index + 1}`, output })),
  };
}

/** A task as a public request. */
export function publicRequest(task: LabelledTask): TaskRequestInput {
  return {
    reference: task.task,
    policy: 'standard',
    prompt: task.prompt,
    submissions: task.submissions.map(({ miner, output }) => ({ miner, output })),
  };
}

/** A task as a request whose contents are sealed under fresh sessions. */
export async function sealedRequest(network: WatchedNetwork, task: LabelledTask): Promise<TaskRequestInput> {
  return sealTask(task, await sealOptionsOf(network, task.submissions.length));
}

async function sealOptionsOf(network: WatchedNetwork, minerCount: number): Promise<SealOptions> {
  const { oracle } = await network.gateway.readNetwork();
  const agreementKey = oracle === undefined ? undefined : await network.chain.agreementKeyOf(oracle);
  if (oracle === undefined || agreementKey === undefined) throw new Error('The network has no key participant.');
  const [user, ...miners] = await Promise.all(
    Array.from({ length: 1 + minerCount }, (_, index) =>
      registerSessionAccount(network.chain, anvilAccountKey(firstClientAccount + index)),
    ),
  );
  if (user === undefined) throw new Error('The User has no account.');
  return { gateway: network.gateway, oracle: { party: 'oracle', address: oracle, agreementKey }, user, miners };
}

/** Posts a request, on the client's trace if there is one, and waits for its certified report. */
export async function certify(
  network: WatchedNetwork,
  request: TaskRequestInput,
  client?: ClientTrace,
): Promise<CertifiedTask> {
  const response = await fetch(`${network.gatewayUrl}/v1/tasks`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(network.apiKey === undefined ? {} : { authorization: `Bearer ${network.apiKey}` }),
      ...(client === undefined ? {} : { traceparent: traceparentOf(client) }),
    },
    body: JSON.stringify(request),
  });
  if (response.status !== 202) throw new Error(`The gateway answered ${response.status}: ${await response.text()}`);
  const { taskId } = (await response.json()) as { taskId: Hex };
  const report = await network.gateway.readReport(taskId, reportWaitMs);
  if (report === undefined) throw new Error(`Task ${taskId} has no certified report after ${reportWaitMs} ms.`);
  return { taskId, report };
}

/**
 * Two public tasks of one batch. Tasks submitted together share a batch unless the machine is slow; then two more are
 * tried.
 */
export async function certifyTogether(network: WatchedNetwork): Promise<readonly [CertifiedTask, CertifiedTask]> {
  for (let attempt = 1; attempt <= batchTriesMax; attempt++) {
    const one = () => certify(network, publicRequest(markedTask(`public ${toHex(randomBytes(8))}`)));
    const [first, second] = await Promise.all([one(), one()]);
    if (first.report.sequence === second.report.sequence) return [first, second];
  }
  throw new Error(`No two tasks came into one batch in ${batchTriesMax} tries.`);
}
