/** Where contents are kept: each task and each question has a place of its own, so that its content can be deleted. */
import type { Hex } from '../encoding/bytes.ts';
import { askedAs, type Task } from './task.ts';

/**
 * Whose contents they are. A task that came as a whole has all of them at once; a question has its prompt, and later
 * one content for each answer.
 */
export interface ContentPlace {
  readonly kind: 'task' | 'question';
  readonly id: Hex;
}

/** The place of a task's contents: the question's if it began with one. */
export function contentPlaceOf(task: Task): ContentPlace {
  const questionId = askedAs(task);
  return questionId === undefined ? { kind: 'task', id: task.taskId } : { kind: 'question', id: questionId };
}

/** The CIDs of a task's contents, each once. */
export function contentIdsOf({ prompt, submissions }: Pick<Task, 'prompt' | 'submissions'>): string[] {
  return [...new Set([prompt.cid, ...submissions.map(({ cid }) => cid)])];
}
