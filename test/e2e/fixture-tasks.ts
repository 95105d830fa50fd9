/** The project's own tasks as requests to a network, and the network's answer to them. */
import { fileURLToPath } from 'node:url';
import type { LocalNetwork } from '@assay/cli/network/local-network';
import { type JudgedTask, judgeTasks } from '@assay/cli/tasks/judge-tasks';
import { publicRequestOf } from '@assay/cli/tasks/public-request';
import { type LabelledTask, readTaskFile } from '@assay/cli/tasks/task-file';

/** All tasks of the fixtures. */
export function fixtureTasks(): Promise<LabelledTask[]> {
  return readTaskFile(fileURLToPath(new URL('../fixtures/tasks.jsonl', import.meta.url)));
}

/** Submits tasks, a few at a time, and waits until each has its report and proof, or the time is up. */
export function judgeOn(
  network: LocalNetwork,
  tasks: readonly LabelledTask[],
  policy: string,
  more: { readonly inFlightMax?: number; readonly onJudged?: (judged: JudgedTask) => void } = {},
): Promise<JudgedTask[]> {
  return judgeTasks(tasks, {
    gateway: network.gateway,
    chain: network.chain,
    policies: network.policies,
    requestOf: async (task) => publicRequestOf(task, policy),
    timeoutMs: 90_000,
    inFlightMax: more.inFlightMax ?? 4,
    signal: AbortSignal.timeout(150_000),
    ...(more.onJudged === undefined ? {} : { onJudged: more.onJudged }),
  });
}
