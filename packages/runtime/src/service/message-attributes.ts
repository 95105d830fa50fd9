/** What spans say of the messages they are about: how they travel, and which task, role, operator or batch they concern. */

import { type StreamName, streams } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { roles } from '@assay/protocol/observation/role';
import type { Vote } from '@assay/protocol/policy/policy';
import type { Headers, SpanOptions } from '@assay/protocol/ports';
import { attributes } from './signals.ts';

export type SpanAttributes = NonNullable<SpanOptions['attributes']>;

/** What is done with a message, and the kind that the semantic conventions count it as. */
const operations = { publish: 'send', request: 'send', process: 'process' } as const;

/** The attributes that the keys of a stream's subjects stand for, in order. */
const keysOf: Readonly<Record<StreamName, readonly string[]>> = {
  TASKS: [attributes.taskId],
  PLEDGES: [attributes.taskId, attributes.role, attributes.operator],
  OBSERVATIONS: [attributes.taskId, attributes.role, attributes.operator],
  PROPOSALS: [attributes.batchId],
  COSIGNATURES: [attributes.batchId, attributes.operator],
  CLAIMS: [attributes.operator],
  INTENTS: [],
  REPORTS: [attributes.taskId],
  SESSIONS: [attributes.sessionId],
  AUDIT: [],
  DEAD: [],
};

/** Where in its subjects a stream has its keys. */
const placesOf: ReadonlyMap<string, readonly number[]> = new Map(
  Object.entries(streams).map(([name, { subjects }]) => [
    name,
    subjects[0].split('.').flatMap((part, index) => (part === '*' ? [index] : [])),
  ]),
);

const hexIds = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const batchIds = /^\d{1,16}-\d{1,16}$/;

/** The template of a stream's subjects, with a star for each key. */
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

/** The ids in a message's subject. Whoever may publish chooses the subject: what has not the form of an id is left out. */
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

/** The trace that a message is on, for log lines about it that are written outside its span. */
export function traceFields(headers: Headers): Readonly<Record<string, string>> {
  const traceId = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(headers.traceparent ?? '')?.[1];
  return traceId === undefined ? {} : { trace_id: traceId };
}

/** What a span of a batch says of its tasks: how many, and which one where it is one. */
export function batchAttributes(taskIds: readonly Hex[]): SpanAttributes {
  const [only] = taskIds;
  return {
    [attributes.batchReports]: taskIds.length,
    ...(only !== undefined && taskIds.length === 1 ? { [attributes.taskId]: only } : {}),
  };
}

/** What a span of a report says of its verdicts. */
export function verdictAttributes(results: readonly { readonly verdict: Vote }[]): SpanAttributes {
  const count = (verdict: Vote) => results.filter((result) => result.verdict === verdict).length;
  return { [attributes.rejected]: count('reject'), [attributes.abstained]: count('abstain') };
}
