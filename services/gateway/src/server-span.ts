/**
 * The span of a request that starts work: on the client's trace if it sent one, and the parent of everything that
 * follows.
 */
import type { Span } from '@assay/protocol/ports';
import { traceOf } from '@assay/runtime/audit/request-notes';
import { attributes } from '@assay/runtime/service/telemetry-names';
import type { ApiRequest, ApiResponse } from './api.ts';
import type { Gateway } from './gateway.ts';

const serverError = 500;

/** Answers a POST in a server span. A refusal is a normal answer; only the gateway's own faults fail the span. */
export function inServerSpan(
  { telemetry }: Pick<Gateway, 'telemetry'>,
  request: ApiRequest,
  route: { readonly spanName: string; readonly path: string },
  answer: (span: Span) => Promise<ApiResponse>,
): Promise<ApiResponse> {
  const options = {
    kind: 'server',
    parent: request.headers,
    attributes: { [attributes.httpMethod]: 'POST', [attributes.httpRoute]: route.path },
  } as const;
  return telemetry.span(route.spanName, options, async (span) => {
    // The server answers exceptions with this status.
    span.setAttribute(attributes.httpStatus, serverError);
    const response = await answer(span);
    span.setAttribute(attributes.httpStatus, response.status);
    telemetry.log.debug('request answered', { path: route.path, status: response.status });
    return { ...response, ...traceOf(telemetry.carrier()) };
  });
}
