/** The one method of the A2A protocol (JSON-RPC) that the Router has: `SendMessage`, a question that is answered. */
import { checkShape } from '@assay/protocol/encoding/decode';
import { textSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import { z } from 'zod';
import type { RouterAnswer } from '../router.ts';

/** JSON-RPC's and the protocol's own codes. */
const rpcCodes = {
  malformed: -32_600,
  'unknown-method': -32_601,
  'wrong-params': -32_602,
  internal: -32_603,
  'wrong-content': -32_005,
} as const;

const partsMax = 64;
const idSchema = z.union([z.string().max(256), z.int(), z.null()]);

const requestSchema = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: idSchema.default(null),
  method: z.string().max(256),
  params: z.unknown(),
});

const paramsSchema = z.looseObject({
  message: z.looseObject({
    messageId: z.string().min(1).max(256),
    contextId: z.string().max(256).optional(),
    role: z.literal('ROLE_USER'),
    parts: z
      .array(z.looseObject({ text: textSchema.optional() }))
      .min(1)
      .max(partsMax),
  }),
  metadata: z.looseObject({ model: textSchema.min(1).max(limits.modelNameCharsMax).optional() }).nullish(),
});

/** A question that came as a message. */
export interface AskedMessage {
  readonly id: z.infer<typeof idSchema>;
  readonly contextId: string;
  readonly text: string;
  /** Undefined: the first model of the Router. */
  readonly model: string | undefined;
}

/** Reads a message; or gives the answer to one that is none. */
export function readMessage(body: unknown): AskedMessage | RouterAnswer {
  const request = checkShape(requestSchema, body);
  if (!request.ok) return rpcError(null, 'malformed', request.refusal.detail);
  const { id, method, params } = request.value;
  if (method !== 'SendMessage') return rpcError(id, 'unknown-method', 'The method must be SendMessage.');
  const checked = checkShape(paramsSchema, params);
  if (!checked.ok)
    return rpcError(id, 'wrong-params', `${checked.refusal.field ?? 'params'}: ${checked.refusal.detail}`);
  const { message, metadata } = checked.value;
  const texts = message.parts.flatMap(({ text }) => (text === undefined ? [] : [text]));
  if (texts.length < message.parts.length) return rpcError(id, 'wrong-content', 'Each part must be a text.');
  return { id, contextId: message.contextId ?? '', text: texts.join('\n\n'), model: metadata?.model };
}

const completionSchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullable() }) })).min(1),
  assay: z.record(z.string(), z.unknown()),
});
const faultSchema = z.object({
  error: z.object({ message: z.string(), code: z.string() }),
  assay: z.unknown().optional(),
});

/** The Router's answer to a chat as one to a message: the accepted text, and what the network says as metadata. */
export function messageAnswer({ id, contextId }: AskedMessage, answer: RouterAnswer, messageId: string): RouterAnswer {
  const { status, body, headers = {}, bill } = answer;
  const done = completionSchema.safeParse(body);
  if (status !== 200 || !done.success) {
    const fault = faultSchema.safeParse(body);
    const { message, code } = fault.success ? fault.data.error : { message: 'No answer.', code: 'internal' };
    const data = [{ reason: code, domain: 'assay', metadata: fault.data?.assay ?? {} }];
    // The status stays, so that what pays for HTTP 402 and what logs in for 401 works here as well.
    return { ...rpcError(id, 'internal', message, data), status, headers };
  }
  const [choice] = done.data.choices;
  const message = {
    messageId,
    // A server's message always has one.
    contextId: contextId === '' ? messageId : contextId,
    role: 'ROLE_AGENT',
    parts: [{ text: choice?.message.content ?? '' }],
    metadata: { assay: done.data.assay },
  };
  const result = { jsonrpc: '2.0', id, result: { message } };
  return { status: 200, body: result, headers, ...(bill === undefined ? {} : { bill }) };
}

/** True for a message that was read. */
export function isMessage(read: AskedMessage | RouterAnswer): read is AskedMessage {
  return 'text' in read;
}

function rpcError(
  id: AskedMessage['id'],
  name: keyof typeof rpcCodes,
  message: string,
  data: readonly object[] = [],
): RouterAnswer {
  return { status: 200, body: { jsonrpc: '2.0', id, error: { code: rpcCodes[name], message, data } } };
}
