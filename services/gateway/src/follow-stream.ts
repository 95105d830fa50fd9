/** Follows a stream for as long as the gateway runs, whatever fails in between. */
import type { StreamName } from '@assay/protocol/bus/subjects';
import { errorText } from '@assay/protocol/error-text';
import type { Bus, BusMessage, Clock, Log } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';

/** What a follower uses, and what it follows. */
export interface FollowOptions {
  readonly bus: Pick<Bus, 'follow'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly stream: StreamName;
  /** The sequence to begin at. Asked again if it rejects; not asked once the stream has been followed. */
  firstSequence(): Promise<number>;
  take(message: BusMessage): void;
}

/** Hands over each message in order, and goes on behind the last one after a failure, until the signal aborts. */
export async function followStream(options: FollowOptions, signal: AbortSignal): Promise<void> {
  const { bus, clock, log, stream } = options;
  let next: number | undefined;
  while (!signal.aborted) {
    try {
      next ??= await options.firstSequence();
      for await (const message of bus.follow(stream, { fromSequence: next }, signal)) {
        next = message.sequence + 1;
        options.take(message);
      }
    } catch (error) {
      if (!signal.aborted) log.error('the follower failed; it continues', { stream, next, error: errorText(error) });
    }
    if (!signal.aborted) await clock.sleep(tuning.retryDelayMs, signal);
  }
}
