/**
 * Overdue tasks: an aggregator asks the operators, on the log of proposals, to state what they have observed of tasks past
 * their deadline. Each operator answers once for each role: by its observation, or by an absence.
 */
import { z } from 'zod';
import { countSchema, digestSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';

/** Schema of the question on the bus. */
export const overdueSchema = z.strictObject({
  epoch: countSchema,
  overdue: z.array(digestSchema).min(1).max(limits.batchReportsMax),
});
