/** A question by its id: how it stands, and the task that it has become. */
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { type Question, questionSchema, type SealedNote, sealedNoteSchema } from '@assay/protocol/question/question';
import { contentInputOf } from '@assay/protocol/task/task-message';
import { readContent } from '@assay/runtime/validator/content-loader';
import { type ApiResponse, clientGone, refuse, tooManyWaiting } from '../api.ts';
import type { Gateway } from '../gateway.ts';
import { readStanding } from './read-standing.ts';

/** The question of an id, as it was asked. Rejects when what the bus holds is none. */
export async function findQuestion({ bus }: Pick<Gateway, 'bus'>, questionId: Hex): Promise<Question | undefined> {
  const message = await bus.last('QUESTIONS', subjects.question(questionId));
  if (message === undefined) return undefined;
  const decoded = decodeMessage(questionSchema, message.data);
  if (!decoded.ok) throw new Error(`Question ${questionId} on the stream cannot be read: ${decoded.refusal.detail}`);
  return decoded.value;
}

/** What became of a question; undefined as long as it is not sealed. */
export async function findSealed({ bus, questions }: Gateway, questionId: Hex): Promise<SealedNote | undefined> {
  const known = questions.find(questionId);
  if (known !== undefined && known !== 'open') return known;
  return noteOf((await bus.last('QUESTIONS', subjects.sealed(questionId)))?.data, questionId);
}

/** How a question stands that has no task; undefined when there is no question of that id. */
export async function describeQuestion(gateway: Gateway, questionId: Hex): Promise<ApiResponse | undefined> {
  const question = await findQuestion(gateway, questionId);
  if (question === undefined) return undefined;
  const { bus, view, contentStore } = gateway;
  const { standing } = await readStanding(bus, view().network, question);
  const answers = standing.taken.length;
  const status = !standing.isClosed ? 'open' : answers === 0 ? 'unanswered' : 'closed';
  const prompt = await readContent(contentStore, question.prompt.cid, { kind: 'question', id: questionId });
  const shown = prompt.ok ? { prompt: contentInputOf(prompt.value) } : {};
  return { status: 200, body: { status, question, answers, ...shown } };
}

/** The task that an id stands for, and how much of a wait is left for its report; or what to answer instead. */
export type Resolved =
  | { readonly kind: 'task'; readonly taskId: Hex; readonly leftMs: number }
  | { readonly kind: 'answer'; readonly response: ApiResponse };

/** Waits up to `waitMs` for a question to be sealed. An id that is no known question's stands for a task. */
export async function resolveTask(gateway: Gateway, id: Hex, waitMs: number, signal: AbortSignal): Promise<Resolved> {
  const { clock, questions, watches } = gateway;
  let known = questions.find(id);
  if (known === undefined) return { kind: 'task', taskId: id, leftMs: waitMs };
  const untilMs = clock.nowMs() + waitMs;
  if (known === 'open' && waitMs > 0) {
    const awaited = await watches.questions.lastOrNext(subjects.sealed(id), waitMs, signal);
    if (signal.aborted) return { kind: 'answer', response: clientGone };
    if (awaited.kind === 'full') return { kind: 'answer', response: tooManyWaiting() };
    const data = awaited.kind === 'message' ? awaited.message.data : undefined;
    known = noteOf(data, id) ?? questions.find(id) ?? 'open';
  }
  if (known === 'open') {
    const detail = 'The question is not sealed yet; ask again, or the report with ?waitMs=10000.';
    return { kind: 'answer', response: refuse({ code: 'pending', detail }) };
  }
  if (known.taskId !== undefined)
    return { kind: 'task', taskId: known.taskId, leftMs: Math.max(0, untilMs - clock.nowMs()) };
  const detail = 'Nobody answered the question in time, so there is nothing to judge.';
  return { kind: 'answer', response: refuse({ code: 'unanswered', detail }) };
}

function noteOf(data: Uint8Array | undefined, questionId: Hex): SealedNote | undefined {
  const note = data === undefined ? undefined : decodeMessage(sealedNoteSchema, data);
  return note?.ok === true && note.value.questionId === questionId ? note.value : undefined;
}
