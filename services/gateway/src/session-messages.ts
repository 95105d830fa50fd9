/**
 * The log of a session: User and Miner publish and read its signed messages here; the key participant reads the stream.
 */

import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { checkShape, encodeMessage } from '@assay/protocol/encoding/decode';
import { digestSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import type { Checked } from '@assay/protocol/refusal';
import { tuning } from '@assay/protocol/tuning';
import { attributes, spans } from '@assay/runtime/service/telemetry-names';
import { messageSchema } from '@assay/session-keys/agreement/message';
import { z } from 'zod';
import { type ApiRequest, type ApiResponse, clientGone, paths, refuse, tooManyWaiting } from './api.ts';
import type { Gateway } from './gateway.ts';
import { inServerSpan } from './server-span.ts';
import type { Awaited } from './stream-watch.ts';

const readSchema = z.object({
  after: z.coerce.number().int().min(0).default(0),
  waitMs: z.coerce.number().int().min(0).max(tuning.longPollMsMax).default(0),
});

function sessionIdOf(request: ApiRequest): Checked<Hex> {
  return checkShape(digestSchema, request.params.sessionId, 'sessionId');
}

/**
 * POST /v1/sessions/:sessionId/messages: publishes one signed message of an agreement. The participants check its
 * signature.
 */
export async function leaveSessionMessage(gateway: Gateway, request: ApiRequest): Promise<ApiResponse> {
  const sessionId = sessionIdOf(request);
  if (!sessionId.ok) return refuse(sessionId.refusal);
  const message = checkShape(messageSchema, request.body);
  if (!message.ok) return refuse(message.refusal);
  if (message.value.sessionId !== sessionId.value) {
    return refuse({
      code: 'malformed',
      detail: 'The message is of another session than the path says.',
      field: 'sessionId',
    });
  }
  const route = { spanName: spans.leaveSessionMessage, path: paths.sessionMessages };
  return inServerSpan(gateway, request, route, async (span) => {
    span.setAttribute(attributes.sessionId, sessionId.value);
    const data = encodeMessage(message.value);
    if (data.length > limits.sessionMessageBytesMax) {
      return refuse({
        code: 'too-long',
        detail: `The message has ${data.length} bytes; the limit is ${limits.sessionMessageBytesMax}.`,
      });
    }
    const published = await gateway.bus.publish(subjects.session(sessionId.value), data, {
      messageId: `session-${message.value.signature}`,
      headers: gateway.telemetry.carrier(),
    });
    return { status: 202, body: { status: published.status } };
  });
}

/**
 * GET /v1/sessions/:sessionId/messages?after=&waitMs=: the messages after a sequence, at most
 * {@link limits.sessionMessagesMax}, with the sequence to continue from; waits up to `waitMs` for the first.
 */
export async function readSessionMessages(gateway: Gateway, request: ApiRequest): Promise<ApiResponse> {
  const sessionId = sessionIdOf(request);
  if (!sessionId.ok) return refuse(sessionId.refusal);
  const query = checkShape(readSchema, request.query);
  if (!query.ok) return refuse(query.refusal);
  const { after, waitMs } = query.value;
  const untilMs = gateway.clock.nowMs() + waitMs;
  for (;;) {
    const leftMs = untilMs - gateway.clock.nowMs();
    const answered = new AbortController();
    const signal = AbortSignal.any([request.signal, answered.signal]);
    // The wait begins before the look: a message that comes in between ends it.
    const coming = leftMs > 0 ? gateway.watches.sessions.next(subjects.session(sessionId.value), leftMs, signal) : none;
    const read = await messagesAfter(gateway, sessionId.value, after);
    if (read.messages.length > 0) {
      answered.abort('answered');
      return { status: 200, body: read };
    }
    const { kind } = await coming;
    if (request.signal.aborted) return clientGone;
    if (kind === 'full') return tooManyWaiting();
    if (kind === 'none') return { status: 200, body: await messagesAfter(gateway, sessionId.value, after) };
  }
}

const none = Promise.resolve<Awaited>({ kind: 'none' });

async function messagesAfter(
  { bus }: Gateway,
  sessionId: Hex,
  from: number,
): Promise<{ readonly messages: readonly unknown[]; readonly after: number }> {
  const messages: unknown[] = [];
  let after = from;
  while (messages.length < limits.sessionMessagesMax) {
    const next = await bus.next('SESSIONS', subjects.session(sessionId), after);
    if (next === undefined) break;
    messages.push(JSON.parse(new TextDecoder().decode(next.data)));
    after = next.sequence;
  }
  return { messages, after };
}
