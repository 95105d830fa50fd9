/** Request and reply over NATS. */

import { errorText } from '@assay/protocol/error-text';
import type { Headers } from '@assay/protocol/ports';
import { type Msg, type NatsConnection, headers as newHeaders } from '@nats-io/transport-node';
import type { NatsLink } from './connection.ts';
import { fromNatsHeaders, toNatsHeaders } from './message.ts';

const failureHeader = 'Assay-Failure';
const answersAtOnceMax = 256;

type Handler = (request: { readonly data: Uint8Array; readonly headers: Headers }) => Promise<Uint8Array>;

/** Sends a request and waits for one reply. Rejects if there is no reply in time, or if the reply reports a failure. */
export async function natsRequest(
  nc: NatsConnection,
  subject: string,
  data: Uint8Array,
  options: { readonly timeoutMs: number; readonly headers?: Headers },
): Promise<Uint8Array> {
  let answer: Msg;
  try {
    answer = await nc.request(subject, data, { timeout: options.timeoutMs, headers: toNatsHeaders(options.headers) });
  } catch (error) {
    throw new Error(
      `No answer to a request on ${subject} within ${options.timeoutMs} ms: ${errorText(error)}. Check that the service that answers it runs.`,
      { cause: error },
    );
  }
  const failure = answer.headers?.get(failureHeader) ?? '';
  if (failure !== '')
    throw new Error(
      `A request on ${subject} failed at the service that answers it (${failure}). See that service's log.`,
    );
  return answer.data;
}

/** Answers requests until the signal aborts; resolves when the server has the subscription. */
export async function natsRespond(
  link: NatsLink,
  subject: string,
  queue: string,
  handler: Handler,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  let underWay = 0;
  const answer = async (message: Msg) => {
    if (underWay >= answersAtOnceMax) return fail(message, 'busy');
    underWay++;
    try {
      message.respond(await handler({ data: message.data, headers: fromNatsHeaders(message.headers) }));
    } catch (error) {
      link.log.error('a request could not be answered', { subject, reason: errorText(error) });
      fail(message, 'internal');
    } finally {
      underWay--;
    }
  };
  const subscription = link.nc.subscribe(subject, {
    queue,
    // An exception here would end the connection's reader, so `answer` catches everything.
    callback: (error, message) => {
      if (error === null) void answer(message);
      else link.log.error('requests cannot be received', { subject, reason: errorText(error) });
    },
  });
  const stop = () => {
    if (!link.isClosed())
      void subscription
        .drain()
        .catch((error: unknown) =>
          link.log.warn('a subscription did not drain', { subject, reason: errorText(error) }),
        );
  };
  signal.addEventListener('abort', stop, { once: true });
  await link.nc.flush();
}

function fail(message: Msg, code: string): void {
  const headers = newHeaders();
  headers.set(failureHeader, code);
  message.respond(new Uint8Array(), { headers });
}
