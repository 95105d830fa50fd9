/** What operators have pledged, as the stream holds it. */

import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { limits } from '@assay/protocol/limits';
import { isAbsence } from '@assay/protocol/observation/absence';
import {
  checkPledge,
  checkReveal,
  type PlacedPledge,
  pledgeSchema,
  pledgeTo,
  pledgeUntilMs,
} from '@assay/protocol/observation/commit-reveal';
import type { Observation } from '@assay/protocol/observation/observation';
import type { Role } from '@assay/protocol/observation/role';
import type { Bus } from '@assay/protocol/ports';
import { accepted, type Checked } from '@assay/protocol/refusal';
import type { KnownTask } from '@assay/protocol/task/known-task';
import type { NetworkView } from '../service/network-view.ts';

/** What is needed to read pledges. */
export interface PledgePorts {
  readonly bus: Bus;
  readonly view: NetworkView;
}

/** A pledge and its place on the stream. */
export type FoundPledge = PlacedPledge & { readonly sequence: number };

/**
 * The first pledge that the operator itself signed; only this one counts. Forged ones neither count nor hide it. If
 * the operator's own observation opens it (`opened`), its signature need not be checked, because nobody else could have
 * made it.
 */
export async function findPledge(
  { bus, view }: PledgePorts,
  taskId: Hex,
  role: Role,
  operator: Hex,
  opened?: Hex,
): Promise<FoundPledge | undefined> {
  const subject = subjects.pledge(taskId, role, operator);
  let after = 0;
  for (let looked = 0; looked < limits.pledgesMax; looked++) {
    const message = await bus.next('PLEDGES', subject, after);
    if (message === undefined) return undefined;
    after = message.sequence;
    const decoded = decodeMessage(pledgeSchema, message.data);
    if (!decoded.ok) continue;
    const pledge = decoded.value;
    const isOfSubject = pledge.taskId === taskId && pledge.role === role && pledge.operator === operator;
    const isOwn = isOfSubject && (pledge.pledge === opened || checkPledge(view.network, pledge).ok);
    if (!isOwn) continue;
    return { pledge, timestampMs: message.timestampMs, sequence: message.sequence };
  }
  return undefined;
}

/** Whether an observation may count: where the policy wants it, its operator pledged it in time. */
async function checkPledged(
  ports: PledgePorts,
  place: Pick<KnownTask, 'policy' | 'task' | 'deadlineMs'>,
  observation: Observation,
): Promise<Checked<undefined>> {
  const untilMs = pledgeUntilMs(place);
  if (untilMs === undefined || isAbsence(observation, place.task)) return accepted(undefined);
  const { network } = ports.view;
  const { taskId, role, operator, salt } = observation;
  const opened = salt === undefined ? undefined : pledgeTo(network, observation, salt);
  return checkReveal(untilMs, await findPledge(ports, taskId, role, operator, opened), opened, observation);
}

/** The first refusal among the observations of a proposal's reports. */
export async function checkAllPledged(
  ports: PledgePorts,
  known: ReadonlyMap<Hex, KnownTask>,
  reports: readonly { readonly task: { readonly taskId: Hex }; readonly observations: readonly Observation[] }[],
): Promise<Checked<undefined>> {
  for (const { task, observations } of reports) {
    const place = known.get(task.taskId);
    if (place?.policy.commitReveal === undefined) continue;
    const checked = await Promise.all(observations.map((one) => checkPledged(ports, place, one)));
    const refusal = checked.find((one) => !one.ok);
    if (refusal !== undefined) return refusal;
  }
  return accepted(undefined);
}
