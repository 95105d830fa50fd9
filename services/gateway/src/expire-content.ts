/** Deletes old content from a store that does not age by itself. */
import { errorText } from '@assay/protocol/error-text';
import { limits } from '@assay/protocol/limits';
import { tuning } from '@assay/protocol/tuning';
import type { Gateway } from './gateway.ts';

/** Deletes what is older than `ageMs`, again and again until the signal aborts. A failure is said, and tried again. */
export async function expireContent(
  { contentStore, clock, telemetry }: Pick<Gateway, 'contentStore' | 'clock' | 'telemetry'>,
  ageMs: number = limits.contentAgeMs,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await contentStore.expire(clock.nowMs() - ageMs);
    } catch (error) {
      telemetry.log.error('old content could not be deleted; tried again', { error: errorText(error) });
    }
    await clock.sleep(tuning.contentSweepMs, signal);
  }
}
