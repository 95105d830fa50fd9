/** Puts what the Router's HTTP server refuses by itself into the audit log. */
import type { AuditLog } from '@assay/runtime/audit/audit-log';
import { traceOf, whoOf } from '@assay/runtime/audit/request-notes';
import type { RouterRequest } from './router.ts';

/** A request that no handler saw. */
interface ServerRefusal extends Pick<RouterRequest, 'headers' | 'remoteAddress'> {
  readonly method: string;
  /** The route's template; undefined if there is none. */
  readonly path: string | undefined;
  readonly code: string;
}

/** Leaves a note of what the HTTP server refused by itself. */
export function noteServerRefusal(
  audit: Pick<AuditLog, 'note'> | undefined,
  { method, path = '-', code, headers, remoteAddress }: ServerRefusal,
): void {
  const who = whoOf(undefined, remoteAddress);
  audit?.note({ kind: 'refusal', who, what: `${method} ${path}`, result: code, ...traceOf(headers) });
}
