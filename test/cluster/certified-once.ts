/** What must hold after a run: each task has one certified report, and is in one batch on the chain. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import { proposalSchema } from '@assay/protocol/batch/proposal';
import { busUserOf, inboxPrefixOf } from '@assay/protocol/bus/permissions';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { type CertifiedReport, certifiedReportSchema } from '@assay/protocol/report/certified-report';
import { ChainReader, type Contracts } from '@assay/sdk/chain-reader';
import { decodedMessagesOf } from '../e2e/stream-messages.ts';
import type { Kubectl } from './kubectl.ts';
import type { Trial } from './trial.ts';

/** The second aggregator has a user of its own, and the trial runs the first alone. It reads what aggregators read. */
const reader = { kind: 'aggregator', index: 1 } as const;

/**
 * Fails if one of the tasks that clients have a report of is in no report on the bus, in two, or in none or two of the
 * batches on the chain. Resolves with all reports on the bus.
 */
export async function certifiedOnce(
  kubectl: Kubectl,
  trial: Trial,
  handled: readonly Hex[],
): Promise<CertifiedReport[]> {
  const nats = await kubectl.forward('nats', 4_222);
  const path = (name: string) => join(trial.folder, 'trial', name);
  const caFile = join(trial.folder, 'ca.crt');
  await trial.shell("kubectl -n assay get configmap bus-ca -o jsonpath='{.data.ca\\.crt}' > ca.crt");
  const { bus: passwords } = JSON.parse(readFileSync(path('keys/cluster.json'), 'utf8'));
  const user = busUserOf(reader);
  const bus = await connectNatsBus({
    servers: `nats://localhost:${nats.port}`,
    name: 'test',
    user,
    pass: passwords[user],
    caFile,
    inboxPrefix: inboxPrefixOf(reader),
    connectTimeoutMs: 30_000,
  });
  try {
    const reports = await decodedMessagesOf(bus, 'REPORTS', certifiedReportSchema);
    expectOnce(
      'a report on the bus',
      reports.map(({ task }) => task.taskId),
      handled,
    );
    const chain = new ChainReader({ rpcUrl: trial.rpcUrl, ...contractsIn(readFileSync(path('network.env'), 'utf8')) });
    const posted: Hex[] = [];
    for (const { epoch, sequence, root, entries } of await decodedMessagesOf(bus, 'PROPOSALS', proposalSchema))
      if ((await chain.readRoot(epoch, sequence)) === root) posted.push(...entries.map(({ taskId }) => taskId));
    expectOnce('a batch on the chain', posted, handled);
    return reports;
  } finally {
    await bus.close();
    await nats.close();
  }
}

function contractsIn(environment: string): Omit<Contracts, 'rpcUrl'> {
  const of = (name: string) => {
    const value = new RegExp(`^${name}=(0x[0-9a-fA-F]{40})$`, 'm').exec(environment)?.[1];
    if (value === undefined) throw new Error(`network.env has no ${name}.`);
    return value as Hex;
  };
  return { hub: of('HUB_ADDRESS'), registry: of('REGISTRY_ADDRESS'), keystore: of('KEYSTORE_ADDRESS') };
}

/** Fails if a wanted task is not among those found, or one of these is there twice. */
export function expectOnce(what: string, found: readonly Hex[], wanted: readonly Hex[]): void {
  const counts = new Map<Hex, number>();
  for (const taskId of found) counts.set(taskId, (counts.get(taskId) ?? 0) + 1);
  const lost = wanted.filter((taskId) => !counts.has(taskId));
  const doubled = [...counts].filter(([, count]) => count > 1).map(([taskId]) => taskId);
  if (lost.length + doubled.length > 0)
    throw new Error(`In ${what}: ${lost.length} lost, ${doubled.length} doubled. ${[...lost, ...doubled].join(' ')}`);
}
