/**
 * An absence: what an operator signs for a role that has observed nothing when it is asked after a task's deadline. It
 * stands in the place of the observation, of which there is one, so the operator observes that task no more. It abstains.
 */
import type { Task } from '../task/task.ts';
import { flagWord } from './flag.ts';
import { type Measurement, packMeasurements } from './measurement.ts';
import type { Observation } from './observation.ts';
import type { Role } from './role.ts';

/** The measurements of an absence: each submission of the task has the flag `not-observed` and score 0. */
export function absenceOf(role: Role, { submissions }: Pick<Task, 'submissions'>): Measurement[] {
  return submissions.map(() => ({ score: 0, flags: flagWord(role, ['not-observed']) }));
}

/** Whether an observation of a task is an absence. It states nothing that could be copied, so it needs no pledge. */
export function isAbsence({ role, measurements }: Pick<Observation, 'role' | 'measurements'>, task: Task): boolean {
  return measurements === packMeasurements(absenceOf(role, task));
}
