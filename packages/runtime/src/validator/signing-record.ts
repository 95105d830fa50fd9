/** What an operator has signed, as its own journal says: the only place that is asked before it signs. */

import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage, encodeMessage } from '@assay/protocol/encoding/decode';
import { type Observation, observationSchema } from '@assay/protocol/observation/observation';
import type { Role } from '@assay/protocol/observation/role';
import type { SigningJournal } from '@assay/protocol/ports';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';

/** A batch that an operator cosigns, as its journal names it. */
export interface ClaimedBatch {
  readonly epoch: number;
  /** `<batchId>/<root>` */
  readonly batch: string;
  readonly taskIds: readonly Hex[];
}

/** The observation that this operator signed for a task and role in an epoch. */
export async function findSigned(
  journal: SigningJournal,
  epoch: number,
  taskId: Hex,
  role: Role,
): Promise<Observation | undefined> {
  const held = await journal.find(epoch, observationKey(taskId, role));
  return held === undefined ? undefined : readObservation(held, taskId);
}

/**
 * Records a signed observation before it leaves, and returns the one to publish: what another replica recorded first, if
 * one did. Refused when the journal signs nothing of this epoch (`epoch-closed`).
 */
export async function recordObservation(
  journal: SigningJournal,
  observation: Observation,
): Promise<Checked<Observation>> {
  const { epoch, taskId, role } = observation;
  const key = observationKey(taskId, role);
  const recorded = await journal.record(epoch, [{ key, value: encodeMessage(observation) }]);
  if (recorded.status === 'held') return accepted(readObservation(recorded.value, taskId));
  return recorded.status === 'recorded' ? accepted(observation) : epochClosed(epoch, recorded.firstEpoch);
}

/**
 * Claims the tasks of a batch, all or none: an operator cosigns a task in one batch of an epoch only. Refused when one is
 * claimed for another batch (`cosigned-elsewhere`), or the journal signs nothing of this epoch (`epoch-closed`).
 */
export async function claimTasks(
  journal: SigningJournal,
  { epoch, batch, taskIds }: ClaimedBatch,
): Promise<Checked<undefined>> {
  const value = new TextEncoder().encode(batch);
  const recorded = await journal.record(
    epoch,
    taskIds.map((taskId) => ({ key: claimKey(taskId), value })),
  );
  if (recorded.status === 'recorded') return accepted(undefined);
  if (recorded.status === 'epoch-closed') return epochClosed(epoch, recorded.firstEpoch);
  const taskId = taskIds.find((one) => claimKey(one) === recorded.key);
  const held = new TextDecoder().decode(recorded.value);
  return refused('cosigned-elsewhere', `Task ${taskId} was cosigned in batch ${held}.`, 'entries');
}

function observationKey(taskId: Hex, role: Role): string {
  return `observation/${taskId}/${role}`;
}

function claimKey(taskId: Hex): string {
  return `claim/${taskId}`;
}

/** Throws on anything else: the journal is the operator's own, and a broken one must not lead to a signature. */
function readObservation(bytes: Uint8Array, taskId: Hex): Observation {
  const decoded = decodeMessage(observationSchema, bytes);
  if (!decoded.ok)
    throw new Error(`The signing journal holds no observation where that of task ${taskId} should be. Restore it.`);
  return decoded.value;
}

function epochClosed(epoch: number, firstEpoch: number): Checked<never> {
  return refused(
    'epoch-closed',
    `The signing journal signs from epoch ${firstEpoch} on; this is epoch ${epoch}.`,
    'epoch',
  );
}
