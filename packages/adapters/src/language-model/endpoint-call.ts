/**
 * One call of a model's HTTP endpoint: bounded in time, size and tries. What the server says of an error is not passed
 * on, because it may hold the content.
 */
import { backoffMs } from '@assay/protocol/backoff';
import { isTransient, type ModelAnswer, type ModelFault } from '@assay/protocol/language-model/language-model';
import type { Clock } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';

/** Where the endpoint is, and how long it may take. */
export interface Endpoint {
  /** Base URL of its OpenAI-compatible API, as http://127.0.0.1:8000/v1. */
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Spreads the tries of several clients; Math.random if absent. */
  readonly random?: () => number;
}

/** One request. */
export interface EndpointCall {
  readonly path: string;
  readonly body?: object;
  readonly answerBytesMax: number;
  readonly signal?: AbortSignal | undefined;
}

const backoff = { firstMs: tuning.modelRetryMs, maxMs: tuning.modelRetryMsMax };

/** The parsed JSON of the answer. Faults that may pass are tried again, all within the endpoint's time. */
export async function callEndpoint(endpoint: Endpoint, call: EndpointCall): Promise<ModelAnswer<unknown>> {
  const { clock, timeoutMs, random = Math.random } = endpoint;
  const timeout = AbortSignal.timeout(timeoutMs);
  const bound = call.signal === undefined ? timeout : AbortSignal.any([call.signal, timeout]);
  for (let tries = 1; ; tries += 1) {
    const answer = await callOnce(endpoint, call, bound);
    call.signal?.throwIfAborted();
    if (timeout.aborted) return { ok: false, fault: 'timed-out' };
    if (answer.ok || !isTransient(answer.fault) || tries >= tuning.modelTriesMax) return answer;
    await clock.sleep(backoffMs(backoff, tries, random), bound);
  }
}

async function callOnce(
  { url, apiKey }: Endpoint,
  { path, body, answerBytesMax }: EndpointCall,
  signal: AbortSignal,
): Promise<ModelAnswer<unknown>> {
  let response: Response;
  try {
    response = await fetch(`${url}${path}`, {
      signal,
      // A redirect would send the content to an address that nobody named.
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
  } catch {
    return failed('unreachable');
  }
  if (!response.ok) {
    await response.body?.cancel().catch(() => undefined);
    return failed(faultOfStatus(response.status));
  }
  return parsed(response, answerBytesMax);
}

/** A server that has too much to do may answer later; one that does not understand the request never will. */
function faultOfStatus(status: number): ModelFault {
  return status === 429 || status >= 500 ? 'refused' : 'malformed';
}

async function parsed({ body }: Response, bytesMax: number): Promise<ModelAnswer<unknown>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of body ?? []) {
      length += part.length;
      if (length > bytesMax) return failed('malformed');
      parts.push(part);
    }
  } catch {
    return failed('unreachable');
  }
  try {
    return { ok: true, value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts))) };
  } catch {
    return failed('malformed');
  }
}

function failed(fault: ModelFault): { readonly ok: false; readonly fault: ModelFault } {
  return { ok: false, fault };
}
