/** Shows an observation that its operator pledged, once nobody can pledge a copy of it any more. */

import { backoffMs } from '@assay/protocol/backoff';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { pledgeSchema, pledgeUntilMs } from '@assay/protocol/observation/commit-reveal';
import type { BusMessage } from '@assay/protocol/ports';
import type { KnownTask } from '@assay/protocol/task/known-task';
import { tuning } from '@assay/protocol/tuning';
import { ignore, type Outcome, reject } from '../loop/outcome.ts';
import { findOwnObservation } from './own-observation.ts';
import { openPledge } from './pledge.ts';
import { findPledge } from './pledges.ts';
import { publishObservation } from './publish-observation.ts';
import type { ValidatorContext } from './validator-context.ts';

const pollBackoff = { firstMs: tuning.revealPollMs, maxMs: tuning.revealPollMsMax };

/** Handles one message of PLEDGES, one of this operator and role. Rejects when it is stopped while it waits. */
export async function reveal(context: ValidatorContext, message: BusMessage, signal: AbortSignal): Promise<Outcome> {
  const { role, keyring } = context;
  const decoded = decodeMessage(pledgeSchema, message.data);
  if (!decoded.ok) return reject(decoded.refusal);
  const { taskId, sealed } = decoded.value;
  const known = await context.tasks.find(taskId);
  if (known === undefined)
    return reject({ code: 'unknown-task', detail: `Task ${taskId} is not on the stream.`, field: 'taskId' });
  const untilMs = pledgeUntilMs(known);
  if (untilMs === undefined) return ignore('no-pledges-wanted');
  const first = await findPledge(context, taskId, role, keyring.address);
  if (first?.sequence !== message.sequence) return ignore('not-the-first');
  if (first.timestampMs > untilMs) return ignore('pledged-too-late');
  const opened = await openPledge(context, taskId, sealed, known.task.submissions.length);
  if (!opened.ok) return reject(opened.refusal);
  await untilClosed(context, known, untilMs - message.timestampMs, signal);
  const { own, lastSequence } = await findOwnObservation(context, known, role);
  if (own !== undefined) return ignore('revealed-already');
  return publishObservation(context, known, { ...opened.value, lastSequence });
}

/**
 * Resolves when every member has pledged, so that no pledge can be new, or when `waitMs` have passed: counted from a
 * message that the server had taken before, they are over later than on the server's clock, whatever the own one says.
 */
async function untilClosed(
  context: ValidatorContext,
  known: KnownTask,
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { clock, view, role, keyring } = context;
  const endMs = clock.nowMs() + waitMs;
  const inTimeMs = pledgeUntilMs(known) ?? 0;
  let missing = view.network.members.map(({ operator }) => operator).filter((one) => one !== keyring.address);
  for (let look = 1; ; look++) {
    const found = await Promise.all(missing.map((operator) => findPledge(context, known.task.taskId, role, operator)));
    missing = missing.filter((_, index) => (found[index]?.timestampMs ?? Number.POSITIVE_INFINITY) > inTimeMs);
    const leftMs = endMs - clock.nowMs();
    if (missing.length === 0 || leftMs < 0) return;
    await clock.sleep(Math.min(backoffMs(pollBackoff, look), leftMs + 1), signal);
    if (signal.aborted) throw new Error('Stopped before all had pledged; another replica shows it.');
  }
}
