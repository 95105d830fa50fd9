/** Span attributes of messages: their transport, and the task, role, operator or batch that they concern. */

import { type StreamName, streams } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { roles } from '@assay/protocol/observation/role';
import type { Vote } from '@assay/protocol/policy/policy';
import type { Headers, SpanOptions } from '@assay/protocol/ports';
import { attributes } from './telemetry-names.ts';

export type SpanAttributes = NonNullable<SpanOptions['attributes']>;

/** The operation on a message, and its type in the semantic conventions. */
const operations = { publish: 'send', request: 'send', process: 'process' } as const;

/** The attributes for the keys of a stream's subjects, in order. */
const keysOf: Readonly<Record<StreamName, readonly string[]>> = {
  TASKS: [attributes.taskId],
  PLEDGES: [attributes.taskId, attributes.role, attributes.operator],
  OBSERVATIONS: [attributes.taskId, attributes.role, attributes.operator],
  EVIDENCE: [attributes.taskId, attributes.role, attributes.operator],
  PROPOSALS: [attributes.batchId],
  COSIGNATURES: [attributes.batchId, attributes.operator],
  INTENTS: [],
  REPORTS: [attributes.taskId],
  SESSIONS: [attributes.sessionId],
  AUDIT: [],
  DEAD: [],
  // The id of a question, or a miner, which is of no use for finding a task.
  QUESTIONS: [],
  ANSWERS: [],
  KEYS: [],
  HOOKS: [],
  DELIVERIES: [attributes.taskId],
  RECORDS: [],
  CONTENTS: [],
};

/** Positions of the keys in a stream's subjects. */
const placesOf: ReadonlyMap<string, readonly number[]> = new Map(
  Object.entries(streams).map(([name, { subjects }]) => [
    name,
    subjects[0].split('.').flatMap((part, index) => (part === '*' ? [index] : [])),
  ]),
);

const hexIds = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const batchIds = /^\d{1,16}-\d{1,16}$/;

/** The template of a stream's subjects, with `*` for each key. */
export function templateOf(stream: StreamName): string {
  return streams[stream].subjects[0];
}

/** The attributes of messaging. The destination is a template, so that it has few values. */
export function messagingAttributes(operation: keyof typeof operations, destination: string): SpanAttributes {
  return {
    [attributes.messagingSystem]: 'nats',
    [attributes.messagingOperation]: operation,
    [attributes.messagingOperationType]: operations[operation],
    [attributes.destination]: destination,
  };
}

/**
 * The ids in a message's subject. The publisher chooses the subject, so keys that do not have the form of an id are
 * left out.
 */
export function subjectAttributes(stream: StreamName, subject: string): SpanAttributes {
  const tokens = subject.split('.');
  const places = placesOf.get(stream) ?? [];
  const named: Record<string, string> = {};
  for (const [index, name] of keysOf[stream].entries()) {
    const value = idOf(tokens[places[index] ?? -1] ?? '');
    if (value !== undefined) named[name] = value;
  }
  return named;
}

function idOf(token: string): string | undefined {
  if (hexIds.test(token)) return `0x${token}`;
  return batchIds.test(token) || roles.some((role) => role === token) ? token : undefined;
}

/** A message's trace, for log lines about it outside its span. */
export function traceFields(headers: Headers): Readonly<Record<string, string>> {
  const traceId = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(headers.traceparent ?? '')?.[1];
  return traceId === undefined ? {} : { trace_id: traceId };
}

/** Span attributes of a batch's tasks: their number, and the task if there is only one. */
export function batchAttributes(taskIds: readonly Hex[]): SpanAttributes {
  const [only] = taskIds;
  return {
    [attributes.batchReports]: taskIds.length,
    ...(only !== undefined && taskIds.length === 1 ? { [attributes.taskId]: only } : {}),
  };
}

/** Span attributes of a report's verdicts. */
export function verdictAttributes(results: readonly { readonly verdict: Vote }[]): SpanAttributes {
  const count = (verdict: Vote) => results.filter((result) => result.verdict === verdict).length;
  return { [attributes.rejected]: count('reject'), [attributes.abstained]: count('abstain') };
}
