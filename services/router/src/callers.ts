/** Who asks, and the gateway as they may use it: every task is handed in under the caller's own API key. */
import { createHash } from 'node:crypto';
import { type ApiKey, bearerTokenOf, type Scope } from '@assay/protocol/api/api-keys';
import { type Quota, rateLimitHeaders } from '@assay/protocol/api/rate-limit-headers';
import { errorText } from '@assay/protocol/error-text';
import type { Clock } from '@assay/protocol/ports';
import { LRUCache } from 'lru-cache';
import { Fault } from './faults.ts';
import type { TaskGateway } from './judge.ts';

/** Whether another request of a client may pass. */
export interface RateLimiter {
  take(key: string): Promise<{ readonly allowed: boolean; readonly retryAfterMs: number; readonly quota?: Quota }>;
}

/** The gateway's part that is used for one caller. */
export interface CallersGateway extends TaskGateway {
  /** The key of the caller; rejects with status 401 if it has no valid one. */
  readOwnKey(): Promise<ApiKey>;
}

/** A caller that may pass. */
export interface Caller {
  /** Where its tasks go. */
  readonly gateway: TaskGateway;
  /** Its key; undefined where the Router asks for none. */
  readonly key: ApiKey | undefined;
  /** What is left of its limit, for every answer to it. */
  readonly headers: Record<string, string>;
}

/** Callers of the Router. */
export interface Callers {
  /** Counts a request, and gives the gateway for its caller. Throws {@link Fault} where it may not pass. */
  admit(
    request: { readonly headers: Readonly<Record<string, string>>; readonly remoteAddress: string },
    needs: readonly Scope[],
  ): Promise<Caller>;
}

/** Everyone may ask; requests are counted by address, and no header is read. */
export function anyone(gateway: TaskGateway, limiter: RateLimiter): Callers {
  return {
    async admit({ remoteAddress }) {
      return { gateway, key: undefined, headers: await count(limiter, remoteAddress) };
    },
  };
}

/** Keys that the Router remembers, and for how long. A revoked key is refused after this time at the latest. */
const remembered = { keysMax: 10_000, ms: 500 } as const;

/**
 * Holders of the gateway's API keys may ask. The Router has no key of its own and decides on none: it asks the gateway, and
 * remembers the answer for half a second.
 */
export function keyHolders(
  gatewayFor: (apiKey: string) => CallersGateway,
  limiter: RateLimiter,
  clock: Pick<Clock, 'nowMs'>,
): Callers {
  const known = new LRUCache<string, ApiKey>({
    max: remembered.keysMax,
    ttl: remembered.ms,
    ttlResolution: 0,
    perf: { now: () => clock.nowMs() },
  });
  return {
    async admit({ headers, remoteAddress }, needs) {
      const token = bearerTokenOf(headers.authorization) ?? '';
      // Tokens are secrets, so memory holds their hashes only.
      const name = createHash('sha256').update(token).digest('base64');
      const gateway = gatewayFor(token);
      let key = known.get(name);
      const left = await count(limiter, key === undefined ? remoteAddress : `key-${key.id}`);
      key ??= token === '' ? undefined : await ownKey(gateway);
      if (key === undefined) throw new Fault('invalid_api_key', 'Send authorization: Bearer assay_…');
      known.set(name, key, { noUpdateTTL: true });
      const missing = needs.filter((scope) => !key.scopes.includes(scope));
      if (missing.length > 0) {
        const fault = new Fault('insufficient_permissions', `It lacks ${missing.join(' and ')}.`);
        fault.audited = { keyId: key.id };
        throw fault;
      }
      return { gateway, key, headers: left };
    },
  };
}

async function ownKey(gateway: CallersGateway): Promise<ApiKey | undefined> {
  try {
    return await gateway.readOwnKey();
  } catch (cause) {
    const status: unknown = cause instanceof Error ? Reflect.get(cause, 'status') : undefined;
    if (status === 401) return undefined;
    throw new Fault('network-unreachable', errorText(cause));
  }
}

/** The headers that say what is left. */
async function count(limiter: RateLimiter, client: string): Promise<Record<string, string>> {
  const { allowed, retryAfterMs, quota } = await limiter.take(client);
  const headers = rateLimitHeaders(quota === undefined ? [] : [quota]);
  if (allowed) return headers;
  throw new Fault('too-many-requests', '', { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)), headers });
}
