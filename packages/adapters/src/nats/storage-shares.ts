/**
 * How NATS's disk is divided. JetStream reserves what a stream may hold and refuses the stream that does not fit, so
 * all sizes come from one setting.
 */
import type { StreamName } from '@assay/protocol/bus/subjects';

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;

/** For all streams and stores together, on each server, if nothing is set. */
export const storageBytesDefault = 40 * gibibyte;

/** Below this a stream would hold a few of its largest messages. */
export const storageBytesMin = 256 * mebibyte;

/** Per mille of the storage: by what a task leaves in each. Small messages for each task, role and operator add up. */
const perMille: Readonly<Record<StreamName, number>> = {
  TASKS: 140,
  PLEDGES: 40,
  OBSERVATIONS: 180,
  EVIDENCE: 20,
  PROPOSALS: 140,
  COSIGNATURES: 40,
  INTENTS: 20,
  REPORTS: 120,
  SESSIONS: 20,
  AUDIT: 20,
  DEAD: 15,
  QUESTIONS: 5,
  ANSWERS: 10,
  KEYS: 5,
  HOOKS: 5,
  DELIVERIES: 10,
  RECORDS: 10,
  CONTENTS: 200,
};

/** The largest size of a stream or of the content store, if all of them may use `storageBytes`. */
export function storageBytesOf(name: StreamName, storageBytes: number): number {
  return Math.floor((storageBytes * perMille[name]) / 1000);
}

/**
 * Reads a size such as `3GiB`, `80Gi` or `1073741824`. Undefined if it is none, or too small for Assay's streams.
 */
export function parseStorageBytes(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,15})\s*(?:([KMGT]i)B?)?$/.exec(text.trim()) ?? [];
  if (digits === undefined) return undefined;
  const bytes = Number(digits) * 1024 ** ['', 'Ki', 'Mi', 'Gi', 'Ti'].indexOf(unit ?? '');
  return Number.isSafeInteger(bytes) && bytes >= storageBytesMin ? bytes : undefined;
}
