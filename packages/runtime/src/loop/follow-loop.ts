/** The loop of a service that must see every message of a stream in order, by itself, from a place on. */

import { backoffMs, retryBackoff } from '@assay/protocol/backoff';
import { errorText } from '@assay/protocol/error-text';
import type { BusMessage, Clock } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { traceFields } from '../service/message-attributes.ts';
import { LetterBudget } from './dead-letter.ts';
import { type Handler, handleMessage, type LoopContext } from './handle-message.ts';

export interface FollowLoop extends LoopContext {
  readonly clock: Clock;
  readonly handler: Handler;
  /** Sequence of the first message wanted; 1 if absent. */
  readonly fromSequence?: number;
  /** Server time of the first message wanted, milliseconds since 1970; counts if `fromSequence` is absent. */
  readonly fromMs?: number;
}

/** Handles each message in order, again and again while a port fails, until the signal aborts. */
export async function runFollowLoop(options: FollowLoop, signal: AbortSignal): Promise<void> {
  const loop = { ...options, letters: new LetterBudget(options.clock) };
  const { fromSequence, fromMs } = loop;
  let next = fromSequence ?? (fromMs === undefined ? 1 : undefined);
  while (!signal.aborted) {
    try {
      for await (const message of loop.bus.follow(loop.stream, placeOf(next, fromMs), signal)) {
        await handleUntilDone(loop, message, signal);
        if (signal.aborted) return;
        next = message.sequence + 1;
      }
    } catch (error) {
      if (signal.aborted) return;
      loop.telemetry.log.error('the follower failed; it continues', {
        stream: loop.stream,
        next,
        error: errorText(error),
      });
    }
    // One that ended by itself is not started again at once either: it may do so for ever.
    if (!signal.aborted) await loop.clock.sleep(tuning.retryDelayMs, signal);
  }
}

function placeOf(fromSequence: number | undefined, fromMs: number | undefined) {
  if (fromSequence !== undefined) return { fromSequence };
  return fromMs === undefined ? {} : { fromMs };
}

async function handleUntilDone(
  loop: FollowLoop & { readonly letters: LetterBudget },
  message: BusMessage,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      await handleMessage(loop, message, attempt, loop.handler);
      return;
    } catch (error) {
      // A message in hand when the service is told to stop is read again by the next process.
      if (signal.aborted) return;
      loop.telemetry.log.warn('the message will be tried again', {
        stream: loop.stream,
        subject: message.subject,
        attempt,
        error: errorText(error),
        ...traceFields(message.headers),
      });
      await loop.clock.sleep(backoffMs(retryBackoff, attempt), signal);
    }
  }
}
