/** Everything that the Router refuses or fails at, in OpenAI's shape. */

/** HTTP status, OpenAI's type, and one meaning of each code. Codes with `_` are OpenAI's own. */
export const faults = {
  malformed: [400, 'invalid_request_error', 'The request does not fit its schema.'],
  'too-long': [413, 'invalid_request_error', 'The prompt is longer than a task allows.'],
  'input-blocked': [400, 'invalid_request_error', 'The prompt tries to steer the model.'],
  model_not_found: [404, 'invalid_request_error', 'No active miner has the model.'],
  'mode-needs-stream': [400, 'invalid_request_error', 'The mode optimistic needs a stream.'],
  invalid_api_key: [401, 'invalid_request_error', 'The request has no valid API key.'],
  insufficient_permissions: [403, 'invalid_request_error', 'The API key lacks a scope.'],
  'payment-required': [402, 'invalid_request_error', 'Answers need a payment.'],
  'payment-refused': [402, 'invalid_request_error', 'The payment is not valid.'],
  'payment-not-collected': [402, 'invalid_request_error', 'The payment could not be collected, so there is no answer.'],
  'payment-needs-verdict': [400, 'invalid_request_error', 'Paid answers need the mode verified.'],
  'too-many-requests': [429, 'rate_limit_error', 'The client sends more requests than its limit.'],
  'too-many-under-way': [503, 'server_error', 'The Router already serves its maximum number of requests.'],
  'no-miner-answered': [502, 'server_error', 'No miner gave a valid, signed answer in time.'],
  'answer-cut': [502, 'server_error', 'The answer ended without a matching signature.'],
  'no-answer-accepted': [422, 'invalid_request_error', 'The network accepted none of the answers.'],
  'verdict-too-late': [504, 'server_error', 'The certified report did not arrive in time.'],
  'report-not-proven': [502, 'server_error', 'The chain does not prove the report.'],
  'network-unreachable': [502, 'server_error', 'The gateway or the chain does not answer, or refuses the task.'],
  'client-closed': [499, 'invalid_request_error', 'The client closed its connection.'],
  'not-found': [404, 'invalid_request_error', 'There is nothing at this address.'],
  internal: [500, 'server_error', 'The request failed inside the Router.'],
} as const satisfies Record<string, readonly [number, string, string]>;

/** A code of a fault. */
export type FaultCode = keyof typeof faults;

/** An error in OpenAI's shape. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
  readonly assay?: object;
}

/** A request cannot be answered. Message and details hold no content. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly status: number;
  readonly param: string | null;
  /** What the network said, if it said something. */
  readonly assay: object | undefined;
  readonly headers: Record<string, string>;
  /** Whose request it was and on which trace, where that is known: for the audit log. */
  audited: { readonly keyId?: string | undefined; readonly traceId?: string | undefined } = {};

  /** Of a blocked prompt: the signs and the risk, for the audit log. */
  reason: string | undefined;

  constructor(
    code: FaultCode,
    detail = '',
    more: {
      readonly param?: string;
      readonly assay?: object;
      readonly retryAfterSeconds?: number;
      readonly headers?: Record<string, string>;
    } = {},
  ) {
    const [status, , meaning] = faults[code];
    super(detail === '' ? meaning : `${meaning} ${detail}`);
    this.code = code;
    this.status = status;
    this.param = more.param ?? null;
    this.assay = more.assay;
    const { retryAfterSeconds } = more;
    this.headers = {
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
      ...more.headers,
    };
  }
}

/** The body of a fault. */
export function errorBodyOf({ code, message, param, assay }: Fault): ErrorBody {
  const error = { message, type: faults[code][1], param, code };
  return assay === undefined ? { error } : { error, assay };
}

/** A refusal of the HTTP server itself, such as a body that is not JSON, in the same shape. */
export function errorBodyFor(status: number, code: string, detail: string): ErrorBody {
  const type = status === 429 ? 'rate_limit_error' : status >= 500 ? 'server_error' : 'invalid_request_error';
  return { error: { message: detail, type, param: null, code } };
}
