/** The required result of every run: one certified report for each task, in one batch on chain. */

import { proposalSchema } from '@assay/protocol/batch/proposal';
import { certifiedReportSchema } from '@assay/protocol/report/certified-report';
import { expect } from 'vitest';
import { decodedMessagesOf } from './stream-messages.ts';
import type { WatchedNetwork } from './watched-network.ts';

/**
 * Fails if a task of the network has a second report, or is in two batches on chain or in none; resolves with all
 * reports.
 */
export async function expectReportedOnce(network: WatchedNetwork): Promise<string[]> {
  const reports = await decodedMessagesOf(network.bus, 'REPORTS', certifiedReportSchema);
  const reported = reports.map((one) => one.task.taskId);
  expect(new Set(reported).size).toBe(reported.length);
  const proposals = await decodedMessagesOf(network.bus, 'PROPOSALS', proposalSchema);
  const posted: string[] = [];
  for (const { epoch, sequence, root, entries } of proposals) {
    if ((await network.chain.readRoot(epoch, sequence)) === root) posted.push(...entries.map((entry) => entry.taskId));
  }
  expect(posted.sort()).toEqual(reported.sort());
  return reported;
}
