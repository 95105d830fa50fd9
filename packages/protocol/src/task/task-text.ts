/**
 * The text whose digest is a task's id. The question comes first in it and the answers after, so that who knows only the
 * question can name the tasks that ask it (`VerdictPayments.sol`).
 */
import { canonicalJson } from '../encoding/canonical.ts';
import type { TaskBody } from './task.ts';

/** What is known of a task before it is answered. */
export type UnansweredTask = Pick<TaskBody, 'parameters' | 'policy' | 'prompt' | 'reference'>;

/** The part of the text before the answers. */
export function questionTextOf({ parameters, policy, prompt, reference }: UnansweredTask): string {
  const known = canonicalJson({ parameters, policy, prompt, reference });
  return `assay task v1\n${known.slice(0, -1)},"submissions":[`;
}

/** The whole text. */
export function taskTextOf({ version, reference, policy, parameters, prompt, submissions }: TaskBody): string {
  return `assay task v1\n${canonicalJson({ version, reference, policy, parameters, prompt, submissions })}`;
}
