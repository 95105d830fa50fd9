/** The OpenAPI 3.1 document of the API, made from the schemas that handlers and clients check with. */
import {
  acceptedTaskSchema,
  networkAnswerSchema,
  refusalAnswerSchema,
  storedMessageSchema,
  taskAnswerSchema,
  taskContentSchema,
  taskSummarySchema,
  tasksAnswerSchema,
} from '@assay/protocol/api/gateway-answers';
import { digestSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import { observationSchema } from '@assay/protocol/observation/observation';
import { policySchema } from '@assay/protocol/policy/policy';
import { certifiedReportSchema } from '@assay/protocol/report/certified-report';
import { explanationSchema } from '@assay/protocol/report/explanation';
import { taskRequestSchema, taskSchema } from '@assay/protocol/task/task';
import { tuning } from '@assay/protocol/tuning';
import { messageSchema } from '@assay/session-keys/agreement/message';
import { z } from 'zod';
import { type ApiRoute, paths } from './api.ts';

const sessionMessagesSchema = z.object({ messages: z.array(messageSchema), after: z.int().min(0) });

/** The named schemas of the document. A schema within another becomes a reference. */
const schemas = {
  TaskRequest: taskRequestSchema,
  Submission: taskRequestSchema.shape.submissions.element,
  AcceptedTask: acceptedTaskSchema,
  Task: taskSchema,
  TaskAnswer: taskAnswerSchema,
  CertifiedReport: certifiedReportSchema,
  SubmissionResult: certifiedReportSchema.shape.results.element,
  TasksAnswer: tasksAnswerSchema,
  TaskSummary: taskSummarySchema,
  TaskContent: taskContentSchema,
  Explanation: explanationSchema,
  Observation: observationSchema,
  NetworkAnswer: networkAnswerSchema,
  Policy: policySchema,
  SessionMessage: messageSchema,
  SessionMessages: sessionMessagesSchema,
  StoredMessage: storedMessageSchema,
  RefusalAnswer: refusalAnswerSchema,
} as const;

type SchemaName = keyof typeof schemas;

/** One operation of the document. */
interface Operation {
  readonly method: ApiRoute['method'];
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly body?: SchemaName;
  readonly query?: Readonly<Record<string, { readonly description: string; readonly maximum: number }>>;
  readonly answer: { readonly status: number; readonly schema: SchemaName; readonly description: string };
  /** What each further status means, with the codes of its refusals. */
  readonly refusals: Readonly<Record<number, string>>;
}

const waitMs = { description: 'How long to wait for an answer, in milliseconds.', maximum: tuning.longPollMsMax };
const malformed = 'A field is missing or wrong: `malformed`.';
const tooManyWaiting = 'Too many clients wait: `too-many-waiting`. Try again after `retry-after` seconds.';

const operations: readonly Operation[] = [
  {
    method: 'POST',
    path: paths.tasks,
    operationId: 'submitTask',
    summary: 'Submits a task: a prompt and the answers to judge.',
    body: 'TaskRequest',
    answer: { status: 202, schema: 'AcceptedTask', description: 'The task is published.' },
    refusals: {
      400: 'A field is missing or wrong: `malformed`; or a signature is not the miner’s: `forged`.',
      409: 'The same task was submitted before: `duplicate-task`. `taskId` is its id.',
      413: 'The request or one of its texts is too long: `too-long`.',
      422: 'The policy does not take this task: `unknown-policy`, `wrong-payload`, `signature-required`, `commitment-required`.',
      429: 'Too many requests, or too much content: `too-many-requests`, `too-much-content`. `retry-after` has seconds.',
      503: 'The content store is full: `content-store-full`. Try again after `retry-after` seconds.',
    },
  },
  {
    method: 'GET',
    path: paths.task,
    operationId: 'readTask',
    summary: 'Reads a task as published, and whether its report is certified.',
    answer: { status: 200, schema: 'TaskAnswer', description: 'The task.' },
    refusals: { 400: malformed, 404: 'There is no such task: `not-found`.' },
  },
  {
    method: 'GET',
    path: paths.tasks,
    operationId: 'listTasks',
    summary: 'Lists the newest tasks, decided or not. Where the explorer is on.',
    query: {
      limit: { description: 'How many tasks; 0: 50.', maximum: limits.tasksListedMax },
      before: { description: 'Only tasks before this position; 0: the newest.', maximum: Number.MAX_SAFE_INTEGER },
    },
    answer: { status: 200, schema: 'TasksAnswer', description: 'The tasks; `before` asks for the next page.' },
    refusals: { 400: malformed, 404: 'This gateway has no explorer: `not-found`.' },
  },
  {
    method: 'GET',
    path: paths.content,
    operationId: 'readContent',
    summary: 'Reads prompt and outputs of a task with public content. Where the explorer is on.',
    answer: { status: 200, schema: 'TaskContent', description: 'The content, checked against its CIDs.' },
    refusals: {
      400: malformed,
      404: 'There is no such task, or no explorer: `not-found`.',
      422: 'The content is sealed: `wrong-payload`.',
    },
  },
  {
    method: 'GET',
    path: paths.explanation,
    operationId: 'explainTask',
    summary: 'Explains the verdicts of a certified report: reasons in words, and what each operator observed.',
    answer: { status: 200, schema: 'Explanation', description: 'The explanation. It follows from the report.' },
    refusals: {
      400: malformed,
      404: 'The report is not published yet: `pending`; or there is no such task: `not-found`.',
      422: 'The report is of an earlier epoch with another policy: `unknown-policy`.',
    },
  },
  {
    method: 'GET',
    path: paths.report,
    operationId: 'readReport',
    summary: 'Reads the certified report of a task, with its inclusion proof.',
    query: { waitMs },
    answer: { status: 200, schema: 'CertifiedReport', description: 'The report. Prove it against the chain.' },
    refusals: {
      400: malformed,
      404: 'The report is not published yet: `pending`; or there is no such task: `not-found`.',
      503: tooManyWaiting,
    },
  },
  {
    method: 'GET',
    path: paths.network,
    operationId: 'readNetwork',
    summary: 'Reads chain, contracts, epoch, validator set and policies.',
    answer: { status: 200, schema: 'NetworkAnswer', description: 'The network that this gateway serves.' },
    refusals: {},
  },
  {
    method: 'POST',
    path: paths.sessionMessages,
    operationId: 'leaveSessionMessage',
    summary: 'Publishes a signed message of a session agreement.',
    body: 'SessionMessage',
    answer: { status: 202, schema: 'StoredMessage', description: 'The message is published.' },
    refusals: { 400: malformed, 413: 'The message is too long: `too-long`.' },
  },
  {
    method: 'GET',
    path: paths.sessionMessages,
    operationId: 'readSessionMessages',
    summary: 'Reads the messages of a session after a sequence.',
    query: { after: { description: 'The last sequence already read.', maximum: Number.MAX_SAFE_INTEGER }, waitMs },
    answer: { status: 200, schema: 'SessionMessages', description: 'The messages; `after` is the next `after`.' },
    refusals: { 400: malformed, 503: tooManyWaiting },
  },
];

/** The OpenAPI 3.1 document as JSON values. It depends on nothing but this version's code. */
export function openApiDocument(): Record<string, unknown> {
  const byPath: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = templateOf(operation.path);
    byPath[path] = { ...byPath[path], [operation.method.toLowerCase()]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Assay gateway',
      version: 'v1',
      description: 'Submit tasks, read certified reports, agree on session keys.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths: byPath,
    components: { schemas: jsonSchemas() },
  };
}

/** `/v1/tasks/:taskId` as `/v1/tasks/{taskId}`. */
function templateOf(path: string): string {
  return path.replaceAll(/:(\w+)/gu, '{$1}');
}

function describe({ path, body, query = {}, answer, refusals, operationId, summary }: Operation): unknown {
  const shared = {
    429: 'Too many requests: `too-many-requests`. Try again after `retry-after` seconds.',
    500: 'The request failed inside the gateway: `internal`.',
  };
  const refused = Object.entries({ ...shared, ...refusals }).map(([status, description]) => [
    status,
    { description, ...jsonContent('RefusalAnswer') },
  ]);
  const inPath = [...path.matchAll(/:(\w+)/gu)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: withoutDialect(z.toJSONSchema(digestSchema)),
  }));
  const inQuery = Object.entries(query).map(([name, { description, maximum }]) => ({
    name,
    in: 'query',
    description,
    schema: { type: 'integer', minimum: 0, maximum, default: 0 },
  }));
  return {
    operationId,
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body === undefined ? {} : { requestBody: { required: true, ...jsonContent(body) } }),
    responses: {
      [answer.status]: { description: answer.description, ...jsonContent(answer.schema) },
      ...Object.fromEntries(refused),
    },
  };
}

function jsonContent(name: SchemaName) {
  return { content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } };
}

/** All named schemas in JSON Schema 2020-12, the dialect of OpenAPI 3.1. What a client sends may omit defaults. */
function jsonSchemas(): Record<string, unknown> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const made = z.toJSONSchema(registry, {
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => asArrayOfOneKind(jsonSchema),
  });
  return Object.fromEntries(Object.entries(made.schemas).map(([id, schema]) => [id, withoutDialect(schema)]));
}

/**
 * States a tuple of equal items as an array of a fixed length. Generators of clients know no `prefixItems`, nor
 * `items: false`.
 */
function asArrayOfOneKind(schema: z.core.JSONSchema.BaseSchema): void {
  const { prefixItems } = schema;
  if (prefixItems === undefined) return;
  const [first, ...others] = prefixItems.map((item) => JSON.stringify(item));
  if (first === undefined || others.some((other) => other !== first)) return;
  delete schema.prefixItems;
  Object.assign(schema, { items: prefixItems[0], minItems: prefixItems.length, maxItems: prefixItems.length });
}

/** A schema without the fields that only a document of its own has. */
function withoutDialect<T extends object>(schema: T): Omit<T, '$schema' | '$id'> {
  const { $schema: _, $id: __, ...rest } = schema as T & { $schema?: unknown; $id?: unknown };
  return rest as Omit<T, '$schema' | '$id'>;
}
