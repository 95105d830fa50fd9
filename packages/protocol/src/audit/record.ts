/**
 * Records of the audit log: who did what, when, on what, and what came of it. Each record holds the digest of the one
 * before it, so no record can be changed, moved or taken out without a trace. No content and no secret is in a record.
 */
import { z } from 'zod';
import type { Hex } from '../encoding/bytes.ts';
import { canonicalDigest } from '../encoding/canonical.ts';
import { countSchema, digestSchema, textSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';

/** The services that write records. */
export const auditServices = ['gateway', 'router', 'participant'] as const;

/** See {@link auditServices}. */
export type AuditService = (typeof auditServices)[number];

const shortText = textSchema.min(1).max(limits.auditTextCharsMax);

const entryFields = {
  service: z.enum(auditServices),
  /** The replica that wrote it. */
  instance: textSchema.min(1).max(64),
  /** `refusal`: a request was refused. `grant`: content keys were given out. `admin`: keys or content were managed. */
  kind: z.enum(['refusal', 'grant', 'admin']),
  /** An API key as `key <id>`, an operator as `operator <address> <role>`, or a client's network as `net <prefix>`. */
  who: shortText,
  /** Method and route of a request, or what was asked of a service. */
  what: shortText,
  /** Id of the task, key or session. */
  on: shortText.optional(),
  /** `begun`, `done`, or the code of a refusal; behind `input-blocked` its signs and risk (`jailbreak=9500`). */
  result: textSchema.min(1).max(64),
  /** When, by the writer's clock, in milliseconds since 1970. */
  atMs: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  /** The W3C trace id. */
  traceId: z
    .string()
    .regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hexadecimal digits')
    .optional(),
  /** How many equal requests it stands for. */
  times: countSchema,
  /** Refusals of this writer, since its record before, that have no record: there were too many of them. */
  leftOut: countSchema.optional(),
} as const;

const entrySchema = z.strictObject(entryFields);

/** What a writer says; its place in the log is added when it is written. */
export type AuditEntry = z.infer<typeof entrySchema>;

/** A record in its place. */
export const auditRecordSchema = z.strictObject({
  ...entryFields,
  /** 1 for the first record of the log, one more for each next. */
  number: countSchema,
  /** Digest of the record before; that of {@link emptyLog} for the first. */
  previous: digestSchema,
  digest: digestSchema,
});

/** See {@link auditRecordSchema}. */
export type AuditRecord = z.infer<typeof auditRecordSchema>;

/** One message on the bus: records that follow one another. */
export const auditPageSchema = z.array(auditRecordSchema).min(1).max(limits.auditPageRecordsMax);

/** The end of a log: number and digest of its last record. */
export type AuditHead = Pick<AuditRecord, 'number' | 'digest'>;

/** The end of a log without records. */
export const emptyLog: AuditHead = { number: 0, digest: `0x${'0'.repeat(64)}` };

/** Keccak-256 over a label and the canonical JSON of everything in a record but the digest itself. */
export function auditDigest(record: Omit<AuditRecord, 'digest'> & { readonly digest?: Hex }): Hex {
  const { digest: _, ...rest } = record;
  return canonicalDigest('assay audit record v1', rest);
}

/** The records of entries that are written behind a head. */
export function recordsBehind(head: AuditHead, entries: readonly AuditEntry[]): AuditRecord[] {
  let last = head;
  return entries.map((entry) => {
    const placed = { ...entry, number: last.number + 1, previous: last.digest };
    const record = { ...placed, digest: auditDigest(placed) };
    last = record;
    return record;
  });
}
