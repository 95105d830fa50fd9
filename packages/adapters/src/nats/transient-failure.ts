/** Which failures of NATS are transient, and how often an operation is retried. */

import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs } from '@assay/protocol/backoff';
import { errorText } from '@assay/protocol/error-text';
import { JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import type { NatsLink } from './connection.ts';

/** Time-out of one try: long enough for a cluster to elect a new leader. */
export const attemptTimeoutMs = 5_000;
/** With the pauses 7.5 to 15 seconds: a stream of a cluster that lost a server has no leader for five. */
const attemptsMax = 12;
const backoff = { firstMs: 100, maxMs: 2_000 };
/** Half of each pause is certain: with full jitter all tries could fall into the time without a leader. */
const jitter = () => (1 + Math.random()) / 2;
const unavailable = 503;

/** JetStream's codes for an unexpected last sequence. */
const wrongLastSequence = [10_071, 10_164];

/** JetStream's code for a cluster in which not enough servers have met yet. */
const noSuitablePeers = 10_005;

/** JetStream's code for a stream that is full and discards nothing. */
const maximumBytesExceeded = 10_077;

/** True if the server stored nothing because the stream is full. */
export function isFull(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.code === maximumBytesExceeded;
  return error instanceof Error && error.cause !== undefined && isFull(error.cause);
}

/** True if the server reported that the expected last sequence did not match. */
export function isConflict(error: unknown): boolean {
  return error instanceof JetStreamApiError && wrongLastSequence.includes(error.code);
}

/**
 * Runs `operation` until it succeeds, fails permanently, or reaches the maximum number of tries. It must be idempotent.
 * `what` begins the error's message.
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
      await pause(backoffMs(backoff, attempt, jitter));
    }
  }
}

/** After a reconnect, the reply to an earlier request never arrives, so the try ends immediately. */
async function untilReconnect<T>(link: NatsLink, operation: () => Promise<T>): Promise<T> {
  const changed = Promise.withResolvers<never>();
  const forget = link.onChange(() => changed.reject(new Error('the connection was lost meanwhile')));
  try {
    return await Promise.race([operation(), changed.promise]);
  } finally {
    forget();
  }
}

/** True for a permission error of the server, possibly wrapped by the client. */
export function isForbidden(error: unknown): boolean {
  if (error instanceof errors.PermissionViolationError) return true;
  return error instanceof Error && error.cause !== undefined && isForbidden(error.cause);
}

function isPassing(error: unknown): boolean {
  if (isFull(error)) return false;
  if (error instanceof JetStreamApiError) return error.status === unavailable || error.code === noSuitablePeers;
  return !(
    error instanceof errors.ClosedConnectionError ||
    error instanceof errors.DrainingConnectionError ||
    isForbidden(error) ||
    error instanceof errors.AuthorizationError ||
    error instanceof errors.InvalidSubjectError ||
    error instanceof errors.InvalidArgumentError
  );
}
