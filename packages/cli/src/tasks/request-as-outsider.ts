/** Acts as a validator outside the committee: requests the keys of sealed tasks and must get none. */
import { randomBytes } from 'node:crypto';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import { subjects } from '@assay/protocol/bus/subjects';
import { configDigest } from '@assay/protocol/network/validator-set';
import { roles } from '@assay/protocol/observation/role';
import { tuning } from '@assay/protocol/tuning';
import { encodeUnsealRequest, makeUnsealRequest } from '@assay/session-keys/grants/unseal-request';
import { z } from 'zod';
import type { LocalNetwork } from '../network/local-network.ts';
import type { JudgedTask } from './judge-tasks.ts';

const refusalSchema = z.object({ error: z.object({ code: z.literal('not-in-committee') }) });
const random = (length: number) => new Uint8Array(randomBytes(length));

/**
 * Requests the keys of every sealed task with a key that no operator has; returns the number of requests refused for
 * that reason. Undefined if no task is sealed, or on an external bus, where an outsider has no user.
 */
export async function askAsStranger(
  { gateway, servers }: LocalNetwork,
  judged: readonly JudgedTask[],
): Promise<number | undefined> {
  const tasks = judged.flatMap(({ sealed, report }) => (sealed && report !== undefined ? [report.task] : []));
  if (tasks.length === 0 || servers.nats.pid === 0) return undefined;
  const { network } = await gateway.readNetwork();
  const bus = await connectNatsBus({ servers: servers.nats.url, name: 'assay stranger' });
  try {
    const signingKey = random(32);
    let refused = 0;
    for (const { taskId, prompt, submissions } of tasks) {
      const contentIds = [...new Set([prompt.cid, ...submissions.map(({ cid }) => cid)])];
      const subject = { configDigest: configDigest(network), taskId, role: roles[0], contentIds };
      const { request } = makeUnsealRequest(subject, signingKey, random);
      const options = { timeoutMs: tuning.unsealTimeoutMs };
      const answer = await bus.request(subjects.unseal, encodeUnsealRequest(request), options);
      if (refusalSchema.safeParse(JSON.parse(new TextDecoder().decode(answer))).success) refused += 1;
    }
    return refused;
  } finally {
    await bus.close();
  }
}
