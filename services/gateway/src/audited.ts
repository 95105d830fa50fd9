/** Puts refusals and admin acts of the API into the audit log. */
import type { AuditNote } from '@assay/runtime/audit/audit-log';
import { idOf, isRecorded, traceOf, whoOf } from '@assay/runtime/audit/request-notes';
import type { Sender } from './access/guard.ts';
import { type ApiRequest, type ApiResponse, refuseForNow } from './api.ts';
import type { Gateway } from './gateway.ts';

const retryMs = 2_000;
const detail = 'The audit log takes no records now, and this must not happen without one.';

/** A request as the log names it. */
interface Act extends Pick<AuditNote, 'who' | 'what' | 'on' | 'traceId'> {
  readonly isAdmin: boolean;
}

/** A request to a route by its template. */
export function actOf(
  request: Pick<ApiRequest, 'params' | 'headers' | 'remoteAddress'>,
  sender: Sender,
  route: { readonly method: string; readonly path: string; readonly isAdmin: boolean },
): Act {
  return {
    who: whoOf(sender.key?.id, request.remoteAddress),
    what: `${route.method} ${route.path}`,
    ...idOf(request.params),
    ...traceOf(request.headers),
    isAdmin: route.isAdmin,
  };
}

/** Answers a request, and leaves a note of a refusal. An admin act is {@link recorded}. */
export async function audited(
  { audit }: Pick<Gateway, 'audit'>,
  { isAdmin, ...act }: Act,
  refusal: ApiResponse | undefined,
  answer: () => Promise<ApiResponse>,
): Promise<ApiResponse> {
  if (refusal === undefined && isAdmin) return recorded({ audit }, act, answer);
  const response = refusal ?? (await answer());
  const code = codeOf(response);
  const traced = response.traceId === undefined ? {} : { traceId: response.traceId };
  if (code !== undefined && isRecorded(code)) audit.note({ ...act, ...traced, kind: 'refusal', result: code });
  return response;
}

/**
 * Answers an act that has a record before it begins, or does not happen; a second record says how it ended.
 */
export async function recorded(
  { audit }: Pick<Gateway, 'audit'>,
  act: Omit<Act, 'isAdmin'>,
  answer: () => Promise<ApiResponse>,
): Promise<ApiResponse> {
  try {
    await audit.record({ ...act, kind: 'admin', result: 'begun' });
  } catch {
    return refuseForNow({ code: 'audit-unavailable', detail }, retryMs);
  }
  try {
    const response = await answer();
    const code = codeOf(response);
    if (code === undefined) audit.note({ ...act, ...keyIn(response), kind: 'admin', result: 'done' });
    else if (isRecorded(code)) audit.note({ ...act, kind: 'admin', result: code });
    return response;
  } catch (error) {
    audit.note({ ...act, kind: 'admin', result: 'internal' });
    throw error;
  }
}

function codeOf({ status, body }: ApiResponse): string | undefined {
  if (status < 400) return undefined;
  const code: unknown = Reflect.get(Object(body), 'code');
  return typeof code === 'string' ? code : 'internal';
}

/** The id of the key that an act made or changed. */
function keyIn({ body }: ApiResponse): { readonly on?: string } {
  const key: unknown = Reflect.get(Object(body), 'key') ?? body;
  const id: unknown = Reflect.get(Object(key), 'id');
  return typeof id === 'string' ? { on: id } : {};
}
