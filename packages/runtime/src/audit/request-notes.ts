/** What the audit log says of HTTP requests. */
import type { Headers } from '@assay/protocol/ports';
import { clientNetwork } from './client-network.ts';

/** Refusals that say no more than that something is not there yet, or that nobody listens any more. */
const notRecorded: ReadonlySet<string> = new Set(['pending', 'unanswered', 'client-gone', 'client-closed', 'internal']);

/** Whether a refusal gets a record. */
export function isRecorded(code: string): boolean {
  return !notRecorded.has(code);
}

/** Who made a request: the id of its API key, else the network of its address. */
export function whoOf(keyId: string | undefined, remoteAddress: string): string {
  return keyId === undefined ? clientNetwork(remoteAddress) : `key ${keyId}`;
}

/** An id in a path, if it is one. Anything else that a client wrote there is in no record. */
export function idOf(params: Readonly<Record<string, string>>): { readonly on?: string } {
  const id = Object.values(params)[0]?.toLowerCase();
  return id !== undefined && /^(0x[0-9a-f]{64}|[0-9a-f]{16})$/.test(id) ? { on: id } : {};
}

/** The trace id in a W3C `traceparent` header. */
export function traceOf(headers: Headers): { readonly traceId?: string } {
  const traceId = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(headers.traceparent ?? '')?.[1];
  return traceId === undefined || /^0+$/.test(traceId) ? {} : { traceId };
}
