/**
 * Seals a question: fixes the set of its answers, publishes the task, and notes it. Each step may be repeated, by any
 * replica and after any crash: all of them come to the same set, and the bus takes the first of each message.
 */
import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import type { Keyring } from '@assay/protocol/ports';
import type { Question, SealedNote } from '@assay/protocol/question/question';
import { sealableSet, sealedTask } from '@assay/protocol/question/seal';
import type { Standing } from '@assay/protocol/question/standing';
import { encodeTaskMessage } from '@assay/protocol/task/task-message';
import { attributes, metrics, spans } from '@assay/runtime/service/telemetry-names';
import type { Gateway } from '../gateway.ts';
import { type ReadStanding, readStanding } from './read-standing.ts';

export type SealingParts = Pick<Gateway, 'bus' | 'clock' | 'telemetry' | 'view'>;

/** The note of a question that is over; otherwise what the bus shows of its answers. */
export type SealAttempt =
  | { readonly kind: 'over'; readonly note: SealedNote }
  | { readonly kind: 'open'; readonly read: ReadStanding };

/** Seals a question if it is full or its time is over. Rejects when the bus or the signer does not answer. */
export async function sealQuestion(parts: SealingParts, sealer: Keyring, question: Question): Promise<SealAttempt> {
  const { bus, clock, telemetry, view } = parts;
  const { network } = view();
  const { questionId } = question;
  let read = await readStanding(bus, network, question);
  if (!read.standing.isClosed && clock.nowMs() > question.question.answersUntilMs) {
    // No expectation: a mark that came before the time by the server's clock counts for nothing, and is followed by another.
    await bus.publish(subjects.answersEnd(questionId), encodeMessage({}));
    read = await readStanding(bus, network, question);
  }
  const { standing } = read;
  if (!standing.isClosed) return { kind: 'open', read };
  const options = { attributes: { [attributes.submissions]: standing.taken.length } };
  return telemetry.span(spans.sealQuestion, options, async (span) => {
    const note = await publishSealed(parts, sealer, question, standing);
    if (note.taskId !== undefined) span.setAttribute(attributes.taskId, note.taskId);
    return { kind: 'over', note };
  });
}

/** Publishes the task of a closed question, if there is an answer, and then the note. */
async function publishSealed(
  { bus, telemetry, view }: SealingParts,
  sealer: Keyring,
  question: Question,
  standing: Standing,
): Promise<SealedNote> {
  const { questionId } = question;
  const set = sealableSet(view().network, question, standing);
  let note: SealedNote = { questionId };
  if (set !== undefined) {
    const task = sealedTask(question, set, await sealer.sign(set.toSign.digest, set.toSign.preimage));
    await bus.publish(subjects.task(task.taskId), encodeTaskMessage(task), {
      messageId: `task-${task.taskId}`,
      headers: telemetry.carrier(),
      expectLastSubjectSequence: 0,
    });
    note = { questionId, taskId: task.taskId };
  }
  const noted = await bus.publish(subjects.sealed(questionId), encodeMessage(note), {
    messageId: `sealed-${questionId}`,
    expectLastSubjectSequence: 0,
  });
  const outcome = note.taskId === undefined ? 'unanswered' : 'sealed';
  if (noted.status === 'stored') telemetry.count(metrics.questions, { outcome });
  return note;
}
