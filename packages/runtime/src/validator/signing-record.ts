/** What an operator has signed, by its own journal: the only source that is read before it signs. */

import type { CheckedProposal } from '@assay/protocol/batch/proposal';
import { batchIdOf } from '@assay/protocol/bus/subjects';
import { type Hex, utf8 } from '@assay/protocol/encoding/bytes';
import { decodeMessage, encodeMessage } from '@assay/protocol/encoding/decode';
import { type Observation, observationSchema } from '@assay/protocol/observation/observation';
import type { Role } from '@assay/protocol/observation/role';
import type { SigningJournal } from '@assay/protocol/ports';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { askedAs, type Task } from '@assay/protocol/task/task';
import type { ValidatorContext } from './validator-context.ts';

/** The observation that this operator signed for a task and role in an epoch. */
export async function findSigned(
  { journal, keyring, view, role }: Pick<ValidatorContext, 'journal' | 'keyring' | 'view' | 'role'>,
  taskId: Hex,
): Promise<Observation | undefined> {
  const held = await journal.find(view.network.epoch, observationKey(taskId, role));
  return held === undefined ? undefined : readObservation(held, taskId, keyring.address);
}

/**
 * Whether this operator has measured the task's question with other answers. A sealer that seals several sets could
 * otherwise choose between their verdicts: an operator measures one set of a question in an epoch.
 */
export async function checkOneSet(
  { journal, view }: Pick<ValidatorContext, 'journal' | 'view'>,
  task: Task,
): Promise<Checked<undefined>> {
  const questionId = askedAs(task);
  if (questionId === undefined) return accepted(undefined);
  const held = await journal.find(view.network.epoch, questionKey(questionId));
  return held === undefined || textOf(held) === task.taskId ? accepted(undefined) : sealedOtherwise(questionId, held);
}

/**
 * Records a signed observation before it leaves, and returns the one to publish: another replica's, if that was
 * recorded first. Refused if the journal does not sign in this epoch (`epoch-closed`), or if it holds another set of
 * `questionId`, the question that the observation measures an answer set of (`sealed-otherwise`).
 */
export async function recordObservation(
  journal: SigningJournal,
  observation: Observation,
  questionId?: Hex,
): Promise<Checked<Observation>> {
  const { epoch, taskId, role } = observation;
  const key = observationKey(taskId, role);
  const entry = { key, value: encodeMessage(observation) };
  const set = questionId === undefined ? [] : [{ key: questionKey(questionId), value: utf8(taskId) }];
  const recorded = await journal.record(epoch, [entry, ...set]);
  if (recorded.status === 'held' && questionId !== undefined && recorded.key === questionKey(questionId))
    return sealedOtherwise(questionId, recorded.value);
  if (recorded.status === 'held') return accepted(readObservation(recorded.value, taskId, observation.operator));
  return recorded.status === 'recorded' ? accepted(observation) : epochClosed(epoch, recorded.firstEpoch);
}

/**
 * Claims the tasks of a batch, all or none: an operator cosigns a task in one batch of an epoch only. Refused if one is
 * claimed for another batch (`claimed-elsewhere`), or if the journal does not sign in this epoch (`epoch-closed`).
 */
export async function claimInJournal(
  journal: SigningJournal,
  { cosignature, reports }: CheckedProposal,
): Promise<Checked<undefined>> {
  const { epoch, sequence, root } = cosignature;
  const value = new TextEncoder().encode(`${batchIdOf(epoch, sequence)}/${root}`);
  const entries = reports.map(({ task }) => ({ key: claimKey(task.taskId), value }));
  const recorded = await journal.record(epoch, entries);
  if (recorded.status === 'recorded') return accepted(undefined);
  if (recorded.status === 'epoch-closed') return epochClosed(epoch, recorded.firstEpoch);
  const held = new TextDecoder().decode(recorded.value);
  return refused(
    'claimed-elsewhere',
    `The journal says that ${recorded.key} was cosigned in batch ${held}.`,
    'entries',
  );
}

/** The batch in which this operator has cosigned a task in an epoch; undefined if it has in none. */
export async function claimOf(
  journal: SigningJournal,
  epoch: number,
  taskId: Hex,
): Promise<{ readonly sequence: number; readonly root: string } | undefined> {
  const held = await journal.find(epoch, claimKey(taskId));
  if (held === undefined) return undefined;
  const [, sequence, root] = /^\d+-(\d+)\/(0x[0-9a-f]{64})$/.exec(textOf(held)) ?? [];
  if (sequence === undefined || root === undefined)
    throw new Error(`The signing journal holds no batch where that of task ${taskId} should be. Restore it.`);
  return { sequence: Number(sequence), root };
}

function observationKey(taskId: Hex, role: Role): string {
  return `observation/${taskId}/${role}`;
}

function questionKey(questionId: Hex): string {
  return `question/${questionId}`;
}

function sealedOtherwise(questionId: Hex, held: Uint8Array): Checked<never> {
  const detail = `This operator has measured question ${questionId} with other answers, as task ${textOf(held)}.`;
  return refused('sealed-otherwise', detail, 'question');
}

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function claimKey(taskId: Hex): string {
  return `claim/${taskId}`;
}

/** Throws for anything else: a broken journal, or that of another operator, must not lead to a signature. */
function readObservation(bytes: Uint8Array, taskId: Hex, operator: Hex): Observation {
  const decoded = decodeMessage(observationSchema, bytes);
  if (!decoded.ok)
    throw new Error(`The signing journal holds no observation where that of task ${taskId} should be. Restore it.`);
  if (decoded.value.operator !== operator)
    throw new Error(`The signing journal is that of operator ${decoded.value.operator}, and this is ${operator}.`);
  return decoded.value;
}

function epochClosed(epoch: number, firstEpoch: number): Checked<never> {
  return refused(
    'epoch-closed',
    `The signing journal signs from epoch ${firstEpoch} on; this is epoch ${epoch}.`,
    'epoch',
  );
}
