/** The schemas that the OpenAPI document names, and what it says of an operation. */
import {
  apiKeySchema,
  issuedKeySchema,
  keyRequestSchema,
  keyRotationSchema,
  keysAnswerSchema,
} from '@assay/protocol/api/api-keys';
import {
  acceptedTaskSchema,
  askedQuestionSchema,
  deletedContentSchema,
  networkAnswerSchema,
  questionAnswerSchema,
  standingAnswerSchema,
  storedMessageSchema,
  taskAnswerSchema,
  taskContentSchema,
  taskSummarySchema,
  tasksAnswerSchema,
} from '@assay/protocol/api/gateway-answers';
import { problemKindSchema, problemSchema } from '@assay/protocol/api/problem';
import {
  issuedWebhookSchema,
  webhookEventSchema,
  webhookRequestSchema,
  webhookSchema,
  webhooksAnswerSchema,
} from '@assay/protocol/api/webhooks';
import { observationSchema } from '@assay/protocol/observation/observation';
import { policySchema } from '@assay/protocol/policy/policy';
import { answerRequestSchema, receiptSchema } from '@assay/protocol/question/answer';
import { questionRequestSchema, questionSchema } from '@assay/protocol/question/question';
import { certifiedReportSchema } from '@assay/protocol/report/certified-report';
import { explanationSchema } from '@assay/protocol/report/explanation';
import { taskRequestSchema, taskSchema } from '@assay/protocol/task/task';
import { messageSchema } from '@assay/session-keys/agreement/message';
import { z } from 'zod';
import type { Needs } from '../access/guard.ts';
import type { ApiRoute } from '../api.ts';

const sessionMessagesSchema = z.object({ messages: z.array(messageSchema), after: z.int().min(0) });

/** The named schemas of the document. A schema within another becomes a reference. */
export const schemas = {
  TaskRequest: taskRequestSchema,
  Submission: taskRequestSchema.shape.submissions.element,
  QuestionRequest: questionRequestSchema,
  TaskOrQuestion: z.union([taskRequestSchema, questionRequestSchema]),
  AcceptedTask: acceptedTaskSchema,
  AskedQuestion: askedQuestionSchema,
  AcceptedTaskOrQuestion: z.union([acceptedTaskSchema, askedQuestionSchema]),
  Question: questionSchema,
  QuestionAnswer: questionAnswerSchema,
  SignedSubmission: answerRequestSchema,
  Receipt: receiptSchema,
  Task: taskSchema,
  TaskAnswer: taskAnswerSchema,
  TaskOrQuestionAnswer: z.union([taskAnswerSchema, questionAnswerSchema]),
  CertifiedReport: certifiedReportSchema,
  SubmissionResult: certifiedReportSchema.shape.results.element,
  TasksAnswer: tasksAnswerSchema,
  StandingAnswer: standingAnswerSchema,
  TaskSummary: taskSummarySchema,
  TaskContent: taskContentSchema,
  DeletedContent: deletedContentSchema,
  Explanation: explanationSchema,
  Observation: observationSchema,
  NetworkAnswer: networkAnswerSchema,
  Policy: policySchema,
  SessionMessage: messageSchema,
  SessionMessages: sessionMessagesSchema,
  StoredMessage: storedMessageSchema,
  ApiKey: apiKeySchema,
  KeyRequest: keyRequestSchema,
  KeyRotation: keyRotationSchema,
  IssuedKey: issuedKeySchema,
  KeysAnswer: keysAnswerSchema,
  Webhook: webhookSchema,
  WebhookRequest: webhookRequestSchema,
  IssuedWebhook: issuedWebhookSchema,
  WebhooksAnswer: webhooksAnswerSchema,
  WebhookEvent: webhookEventSchema,
  Problem: problemSchema,
  ProblemKind: problemKindSchema,
} as const;

/** The name of a schema in the document. */
export type SchemaName = keyof typeof schemas;

/** A field of a query: a number from 0, or text of a pattern. */
type QueryField = { readonly description: string } & ({ readonly maximum: number } | { readonly of: z.ZodType });

/** One operation of the document. */
export interface Operation {
  readonly method: ApiRoute['method'];
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly body?: SchemaName;
  readonly query?: Readonly<Record<string, QueryField>>;
  /** What the request needs where the gateway asks for API keys; `nothing` if absent. */
  readonly needs?: Exclude<Needs, 'nothing'>;
  readonly answer: { readonly status: number; readonly schema: SchemaName; readonly description: string };
  /** What each further status means, with the codes of its refusals. */
  readonly refusals: Readonly<Record<number, string>>;
}

/** What a 400 means on most routes. */
export const malformed = 'A field is missing or wrong: `malformed`.';
