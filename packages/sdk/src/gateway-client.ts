/** Client of the gateway's HTTP API. */
import {
  type ApiKey,
  apiKeySchema,
  type IssuedKey,
  issuedKeySchema,
  type KeyRequest,
  keysAnswerSchema,
} from '@assay/protocol/api/api-keys';
import {
  acceptedTaskSchema,
  askedQuestionSchema,
  type DeletedContent,
  deletedContentSchema,
  networkAnswerSchema,
  questionAnswerSchema,
  type TaskContent,
  taskAnswerSchema,
  taskContentSchema,
} from '@assay/protocol/api/gateway-answers';
import { problemSchema } from '@assay/protocol/api/problem';
import {
  type IssuedWebhook,
  issuedWebhookSchema,
  type Webhook,
  webhookSchema,
  webhooksAnswerSchema,
} from '@assay/protocol/api/webhooks';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { checkShape } from '@assay/protocol/encoding/decode';
import { limits } from '@assay/protocol/limits';
import { loadNetwork, type Network } from '@assay/protocol/network/validator-set';
import type { Policy } from '@assay/protocol/policy/policy';
import { type AnswerRequest, type Receipt, receiptSchema } from '@assay/protocol/question/answer';
import {
  buildQuestion,
  type Question,
  type QuestionRequestInput,
  questionRequestSchema,
} from '@assay/protocol/question/question';
import { type CertifiedReport, certifiedReportSchema } from '@assay/protocol/report/certified-report';
import { type Explanation, explanationSchema } from '@assay/protocol/report/explanation';
import type { TaskRequestInput } from '@assay/protocol/task/task';
import { type Message, messageSchema } from '@assay/session-keys/agreement/message';
import { z } from 'zod';

/** What else is known of an error. */
export interface GatewayErrorDetails {
  readonly field?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly taskId?: Hex | undefined;
  readonly cause?: unknown;
}

/** The gateway refused or did not respond: a code, a sentence, and the field if there is one. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: string;
  readonly status: number;
  readonly field: string | undefined;
  /** Milliseconds after which the gateway takes the same request again; undefined if it named none. */
  readonly retryAfterMs: number | undefined;
  /** With code `duplicate-task`: the id of the known task. */
  readonly taskId: Hex | undefined;

  constructor(status: number, code: string, detail: string, more: GatewayErrorDetails = {}) {
    super(`${code}: ${detail}`, more.cause === undefined ? undefined : { cause: more.cause });
    this.status = status;
    this.code = code;
    this.field = more.field;
    this.retryAfterMs = more.retryAfterMs;
    this.taskId = more.taskId;
  }
}

/** The response of GET /v1/network. */
export interface NetworkInfo {
  readonly network: Network;
  readonly policies: readonly Policy[];
  readonly registry: Hex;
  readonly keystore: Hex;
  /** Address of the key participant; undefined if there is none. */
  readonly oracle: Hex | undefined;
}

const messagesSchema = z.object({ messages: z.array(messageSchema), after: z.int() });

const taskOrQuestionSchema = z.union([taskAnswerSchema, questionAnswerSchema]);

/** A task, or the question that has not become one yet: see {@link GatewayClient.readTask}. */
export type TaskState = z.infer<typeof taskOrQuestionSchema>;

/** Options of a client. */
export interface GatewayClientOptions {
  /** Token of an API key, where the gateway asks for one. */
  readonly apiKey?: string | undefined;
  /** How long a request may take in addition to its requested wait; 30 s if absent. */
  readonly timeoutMs?: number;
}

/** A client of one gateway. Every method rejects with {@link GatewayError}. */
export class GatewayClient {
  private readonly url: string;
  private readonly timeoutMs: number;
  private readonly credentials: Readonly<Record<string, string>>;

  /** `url` as http://host:port. */
  constructor(url: string, { apiKey, timeoutMs = 30_000 }: GatewayClientOptions = {}) {
    this.url = url.replace(/\/+$/, '');
    this.timeoutMs = timeoutMs;
    this.credentials = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  }

  /** Submits a task; resolves with its id. The same request again has the same id, and is judged once. */
  async submitTask(request: TaskRequestInput): Promise<Hex> {
    try {
      return this.read(acceptedTaskSchema, await this.call('POST', '/v1/tasks', request)).taskId;
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'duplicate-task' && error.taskId !== undefined)
        return error.taskId;
      throw error;
    }
  }

  /**
   * Asks a question that miners answer one by one; resolves with it at once. Its id follows from the request and the
   * sealer, and stands for the task from then on. The same request again has the same id.
   */
  async ask(request: QuestionRequestInput): Promise<Question> {
    const { question } = this.read(askedQuestionSchema, await this.call('POST', '/v1/tasks', request));
    const shape = checkShape(questionRequestSchema, request);
    const own = shape.ok ? buildQuestion(shape.value, question.question.sealer).question.questionId : undefined;
    if (question.questionId === own) return question;
    throw new GatewayError(202, 'unexpected-answer', `The gateway asked another question: ${question.questionId}.`);
  }

  /** Hands in a signed answer to a question; resolves with the sealer's receipt, the same one for the same answer. */
  async answer(questionId: Hex, answer: AnswerRequest): Promise<Receipt> {
    return this.read(receiptSchema, await this.call('POST', `/v1/tasks/${questionId}/submissions`, answer));
  }

  /** A task as published, or how a question stands, with its prompt. */
  async readTask(id: Hex): Promise<TaskState> {
    return this.read(taskOrQuestionSchema, await this.call('GET', `/v1/tasks/${id}`));
  }

  /**
   * The certified report of a task, or of the task that a question becomes, waiting up to `waitMs` (at most 30,000) for
   * it; undefined if it is not published yet.
   */
  async readReport(taskId: Hex, waitMs = 0): Promise<CertifiedReport | undefined> {
    try {
      return this.read(
        certifiedReportSchema,
        await this.call('GET', `/v1/reports/${taskId}?waitMs=${waitMs}`, undefined, waitMs),
      );
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'pending') return undefined;
      throw error;
    }
  }

  /**
   * The reasons of each verdict, and what each operator observed, in the gateway's words. `explainReport` derives the same
   * from a report that was proven. With `words`, the words that decided too, which follow from public content; with
   * `evidence`, what operators state behind their observations: check it by `evidenceOn`.
   */
  async explainTask(
    taskId: Hex,
    { words = false, evidence = false }: { readonly words?: boolean; readonly evidence?: boolean } = {},
  ): Promise<Explanation> {
    const wanted = [...(words ? ['words=1'] : []), ...(evidence ? ['evidence=1'] : [])];
    const query = wanted.length === 0 ? '' : `?${wanted.join('&')}`;
    return this.read(explanationSchema, await this.call('GET', `/v1/tasks/${taskId}/explain${query}`));
  }

  /** Prompt and outputs of a task with public content, where the gateway shows it. Check them against the task's CIDs. */
  async readContent(taskId: Hex): Promise<TaskContent> {
    return this.read(taskContentSchema, await this.call('GET', `/v1/tasks/${taskId}/content`));
  }

  /**
   * Deletes prompt and outputs of a task, and the evidence that quotes them, at the network for good. It may be repeated.
   * Needs the key that handed the task in, or the scope `admin`.
   */
  async deleteContent(taskId: Hex): Promise<DeletedContent> {
    return this.read(deletedContentSchema, await this.call('DELETE', `/v1/tasks/${taskId}/content`));
  }

  /** The network that the gateway serves. Check its validator set against the chain. */
  async readNetwork(): Promise<NetworkInfo> {
    const answer = await this.call('GET', '/v1/network');
    const { registry, keystore, oracle, policies, ...network } = this.read(networkAnswerSchema, answer);
    return { network: loadNetwork(network), policies, registry, keystore, oracle };
  }

  /** Publishes a message of a session. */
  async leaveSessionMessage(message: Message): Promise<void> {
    await this.call('POST', `/v1/sessions/${message.sessionId}/messages`, message);
  }

  /** Messages of a session after a sequence, waiting up to `waitMs` for the first. */
  async readSessionMessages(
    sessionId: Hex,
    after: number,
    waitMs: number,
  ): Promise<{ readonly messages: readonly Message[]; readonly after: number }> {
    return this.read(
      messagesSchema,
      await this.call('GET', `/v1/sessions/${sessionId}/messages?after=${after}&waitMs=${waitMs}`, undefined, waitMs),
    );
  }

  /** The API key of this client, without its secret. */
  async readOwnKey(): Promise<ApiKey> {
    return this.read(apiKeySchema, await this.call('GET', '/v1/keys/self'));
  }

  /** Creates a webhook of this client's key: `url` is told when its tasks are certified. Its secret is in this answer alone. */
  async createWebhook(url: string): Promise<IssuedWebhook> {
    return this.read(issuedWebhookSchema, await this.call('POST', '/v1/webhooks', { url }));
  }

  /** The webhooks of this client's key, without their secrets. */
  async listWebhooks(): Promise<readonly Webhook[]> {
    return this.read(webhooksAnswerSchema, await this.call('GET', '/v1/webhooks')).webhooks;
  }

  /** Deletes a webhook of this client's key. */
  async deleteWebhook(id: string): Promise<Webhook> {
    return this.read(webhookSchema, await this.call('DELETE', `/v1/webhooks/${id}`));
  }

  /** All API keys, without their secrets. Needs the scope `admin`, as all methods below. */
  async listKeys(): Promise<readonly ApiKey[]> {
    const listed: ApiKey[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const query: string = after === '' ? '' : `&after=${after}`;
      const page = this.read(
        keysAnswerSchema,
        await this.call('GET', `/v1/keys?limit=${limits.keysListedMax}${query}`),
      );
      listed.push(...page.keys);
      // A gateway that lies cannot keep the client asking.
      after = listed.length < limits.apiKeysMax ? page.after : undefined;
    }
    return listed;
  }

  /** Creates an API key. Its token is in this answer alone. */
  async createKey(request: KeyRequest): Promise<IssuedKey> {
    return this.read(issuedKeySchema, await this.call('POST', '/v1/keys', request));
  }

  /** Gives a key another token; the old one stays valid for `graceSeconds`. */
  async rotateKey(id: string, graceSeconds = 0): Promise<IssuedKey> {
    return this.read(issuedKeySchema, await this.call('POST', `/v1/keys/${id}/rotate`, { graceSeconds }));
  }

  /** Revokes a key at all gateways, for good. */
  async revokeKey(id: string): Promise<ApiKey> {
    return this.read(apiKeySchema, await this.call('POST', `/v1/keys/${id}/revoke`));
  }

  private async call(method: string, path: string, body?: unknown, waitMs = 0): Promise<unknown> {
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(`${this.url}${path}`, {
        method,
        signal: AbortSignal.timeout(this.timeoutMs + waitMs),
        headers: { ...this.credentials, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      answer = await response.json();
    } catch (cause) {
      throw new GatewayError(0, 'gateway-unreachable', `${this.url} does not answer; is the gateway running?`, {
        cause,
      });
    }
    if (response.ok) return answer;
    const parsed = problemSchema.safeParse(answer);
    if (!parsed.success)
      throw new GatewayError(response.status, 'unexpected-answer', `status ${response.status} without a reason`);
    const { taskId, code, detail, field } = parsed.data;
    const retryAfterMs = retryAfterMsOf(response);
    throw new GatewayError(response.status, code, detail, { field, retryAfterMs, taskId });
  }

  private read<T>(schema: z.ZodType<T, unknown>, body: unknown): T {
    const checked = checkShape(schema, body);
    if (checked.ok) return checked.value;
    throw new GatewayError(200, 'unexpected-answer', `The gateway's answer does not fit: ${checked.refusal.detail}`);
  }
}

/** The wait that an answer asks for in whole seconds. */
function retryAfterMsOf(response: Response): number | undefined {
  const header = response.headers.get('retry-after');
  return header !== null && /^\d{1,6}$/.test(header) ? 1_000 * Number(header) : undefined;
}
