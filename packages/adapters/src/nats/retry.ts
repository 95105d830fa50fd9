/** Which failures of NATS pass by themselves, and how often an operation is tried again. */

import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs } from '@assay/protocol/backoff';
import { errorText } from '@assay/protocol/error-text';
import { JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import type { NatsLink } from './connection.ts';

/** One try of an operation: long enough for a cluster to choose a new leader. */
export const attemptTimeoutMs = 5_000;
/** With the pauses between, about seven seconds: a stream of a cluster that lost a server has no leader for five. */
const attemptsMax = 12;
const backoff = { firstMs: 100, maxMs: 2_000 };
const unavailable = 503;

/** Codes of JetStream for "the last sequence is another one". */
const wrongLastSequence = [10_071, 10_164];

/** True when the server said that the expected last sequence is not the last. */
export function isConflict(error: unknown): boolean {
  return error instanceof JetStreamApiError && wrongLastSequence.includes(error.code);
}

/**
 * Runs `operation` until it succeeds, fails for good, or was tried the most often allowed; it must do no harm when it
 * happens twice. `what` begins the error's text.
 */
export async function withRetries<T>(
  link: NatsLink,
  what: string,
  operation: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await untilReconnect(link, () => operation(attempt));
    } catch (error) {
      if (isConflict(error)) throw error;
      if (!isPassing(error) || attempt === attemptsMax) {
        throw new Error(
          `${what} failed after ${attempt} of ${attemptsMax} tries: ${errorText(error)}. Check that NATS with JetStream runs, has its streams, and that this user may do it.`,
          { cause: error },
        );
      }
      await pause(backoffMs(backoff, attempt, Math.random));
    }
  }
}

/** After a reconnect the answer to what was sent before never comes: the try ends at once. */
async function untilReconnect<T>(link: NatsLink, operation: () => Promise<T>): Promise<T> {
  const changed = Promise.withResolvers<never>();
  const forget = link.onChange(() => changed.reject(new Error('the connection was lost meanwhile')));
  try {
    return await Promise.race([operation(), changed.promise]);
  } finally {
    forget();
  }
}

/** True when the server says that this user may not do it; the client may have wrapped that. */
export function isForbidden(error: unknown): boolean {
  if (error instanceof errors.PermissionViolationError) return true;
  return error instanceof Error && error.cause !== undefined && isForbidden(error.cause);
}

function isPassing(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status === unavailable;
  return !(
    error instanceof errors.ClosedConnectionError ||
    error instanceof errors.DrainingConnectionError ||
    isForbidden(error) ||
    error instanceof errors.AuthorizationError ||
    error instanceof errors.InvalidSubjectError ||
    error instanceof errors.InvalidArgumentError
  );
}
