/** The evidence of the schema that a task's answers must fit. It is absolute: no other answer changes it. */
import type { AnswerSchema } from '@assay/protocol/task/answer-schema';
import { fitsSchema } from '../form/answer-schema.ts';
import { finalTextOf } from '../kinds/final-text.ts';

/** Basis points: the answer does not fit, or nobody can tell. */
const unfit = 10_000;
const unknown = 5_000;

/** Evidence that an answer does not fit the task's schema, and what is wrong in words. `text` is as the miner gave it. */
export function schemaEvidence(
  schema: AnswerSchema | undefined,
  text: string | undefined,
): { readonly schema: number; readonly decisive: readonly string[] } {
  if (schema === undefined || text === undefined) return { schema: 0, decisive: [] };
  const found = fitsSchema(schema, finalTextOf(text));
  if (found.fits === true) return { schema: 0, decisive: [] };
  if (found.fits === undefined) return { schema: unknown, decisive: [`not compared with the schema: ${found.what}`] };
  return { schema: unfit, decisive: [`JSON at "${found.where}": ${found.what}`] };
}
