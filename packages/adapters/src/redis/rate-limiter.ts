/** Rate limits by key: counted in Redis for all replicas together, and in memory while Redis is down. */

import type { Quota } from '@assay/protocol/api/rate-limit-headers';
import { errorText } from '@assay/protocol/error-text';
import type { Log } from '@assay/protocol/ports';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { noOpLogger } from '../telemetry/no-op-logger.ts';
import { openRedis } from './cache.ts';

/** Whether a request may pass, and if not, when to retry. */
export interface RateLimitAnswer {
  readonly allowed: boolean;
  readonly retryAfterMs: number;
  /** What is left; undefined where counting failed. */
  readonly quota?: Quota;
}

/** Counts requests, or what they bring, by key. */
export interface RateLimiter {
  /** Counts `units` (1 if absent). Never rejects: if counting fails, the request passes. */
  take(key: string, units?: number): Promise<RateLimitAnswer>;
  close(): Promise<void>;
}

/** A limiter of `units` in `windowSeconds` for each key, counted apart from other limiters by `name`. Without `redisUrl`, each process counts on its own. */
export function connectRateLimiter(options: {
  readonly redisUrl?: string;
  readonly name: string;
  /** What is counted; requests if absent. */
  readonly unit?: Quota['unit'];
  readonly units: number;
  readonly windowSeconds: number;
  readonly log?: Log;
}): RateLimiter {
  const log = options.log ?? noOpLogger;
  const rule = { points: options.units, duration: options.windowSeconds, keyPrefix: `assay:rate:${options.name}` };
  const memory = new RateLimiterMemory(rule);
  const redis = options.redisUrl === undefined ? undefined : openRedis(options.redisUrl, log);
  const limiter =
    redis === undefined
      ? memory
      : new RateLimiterRedis({ ...rule, storeClient: redis, insuranceLimiter: memory, rejectIfRedisNotReady: true });
  const { name, unit = 'requests', units: all, windowSeconds } = options;
  const quotaOf = ({ remainingPoints: remaining, msBeforeNext: resetMs }: RateLimiterRes): Quota => ({
    name,
    unit,
    units: all,
    windowSeconds,
    remaining,
    resetMs,
  });
  return {
    async take(key, units = 1) {
      try {
        const counted = await limiter.consume(key, units);
        return { allowed: true, retryAfterMs: 0, quota: quotaOf(counted) };
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes)
          return { allowed: false, retryAfterMs: Math.max(1, refusal.msBeforeNext), quota: quotaOf(refusal) };
        log.warn('a request could not be counted; letting it pass', { reason: errorText(refusal) });
        return { allowed: true, retryAfterMs: 0 };
      }
    },
    close: async () => redis?.disconnect(),
  };
}
