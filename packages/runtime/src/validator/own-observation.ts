/** Finds an operator's own observation of a task among the messages on its subject. */

import type { ProposalTask } from '@assay/protocol/batch/proposal';
import { subjects } from '@assay/protocol/bus/subjects';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { checkObservation, type Observation, observationSchema } from '@assay/protocol/observation/observation';
import type { Role } from '@assay/protocol/observation/role';
import type { Bus, Keyring } from '@assay/protocol/ports';
import type { NetworkView } from '../service/network-view.ts';

/** The state of the subject of an operator, a task and a role. */
export interface OwnObservation {
  /** The first observation that the operator itself signed; undefined if there is none. */
  readonly own: { readonly observation: Observation; readonly timestampMs: number } | undefined;
  /** Sequence of the last message read, whoever wrote it; 0 if there is none. */
  readonly lastSequence: number;
}

/** Looks for the operator's own observation. Forged ones neither count nor hide it. */
export async function findOwnObservation(
  { bus, keyring, view }: { readonly bus: Bus; readonly keyring: Keyring; readonly view: NetworkView },
  { task, policy }: ProposalTask,
  role: Role,
): Promise<OwnObservation> {
  const subject = subjects.observation(task.taskId, role, keyring.address);
  let lastSequence = 0;
  for (;;) {
    const message = await bus.next('OBSERVATIONS', subject, lastSequence);
    if (message === undefined) return { own: undefined, lastSequence };
    lastSequence = message.sequence;
    const decoded = decodeMessage(observationSchema, message.data);
    if (!decoded.ok || decoded.value.role !== role || decoded.value.operator !== keyring.address) continue;
    if (!checkObservation(view.network, policy, task, decoded.value).ok) continue;
    return { own: { observation: decoded.value, timestampMs: message.timestampMs }, lastSequence };
  }
}
