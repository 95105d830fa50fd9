/** The machine's clock. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '@assay/protocol/ports';

/** Time as the machine tells it. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) =>
    pause(Math.max(0, ms), undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
};
