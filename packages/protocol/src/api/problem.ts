/** What the gateway answers instead of what was asked for: problem details of RFC 9457. */
import { z } from 'zod';
import { digestSchema } from '../encoding/fields.ts';
import { type RefusalCode, refusalCodes } from '../refusal-codes.ts';

/** The media type of a problem. */
export const problemMediaType = 'application/problem+json';

/** The path behind which each kind of problem is described, by its code. */
export const problemsPath = '/v1/problems';

/** A code that problems have. */
export const problemCodeSchema = z.enum(Object.keys(refusalCodes) as RefusalCode[], {
  error: 'is no code of a refusal',
});

/** Body of every answer with status 400 or above. */
export const problemSchema = z.object({
  /** URI reference of the kind of problem: `/v1/problems/` and the code. */
  type: z.string(),
  /** What the code means; the same for all problems of the kind. */
  title: z.string(),
  /** The HTTP status. */
  status: z.int().min(400).max(599),
  /** For people: what is wrong here, and what to do. */
  detail: z.string(),
  /** URI reference of what was asked for: the path of the request. */
  instance: z.string().optional(),
  /** For programs, in kebab case. */
  code: z.string(),
  /** Path of the wrong field, such as `submissions.0.miner`. */
  field: z.string().optional(),
  /** With code `duplicate-task`: the id of the task that is known. */
  taskId: digestSchema.optional(),
});

/** See {@link problemSchema}. */
export type Problem = z.infer<typeof problemSchema>;

/** `GET /v1/problems/:code`: a kind of problem. */
export const problemKindSchema = z.object({ type: z.string(), title: z.string(), code: z.string() });

/** The kind of problem of a code. */
export function problemKindOf(code: RefusalCode): z.infer<typeof problemKindSchema> {
  return { type: `${problemsPath}/${code}`, title: refusalCodes[code], code };
}

/** A refusal as a problem of an HTTP status. */
export function problemOf(
  status: number,
  { code, detail, field }: { readonly code: RefusalCode; readonly detail: string; readonly field?: string | undefined },
): Problem {
  return { ...problemKindOf(code), status, detail, ...(field === undefined ? {} : { field }) };
}
