/** Work that is repeated until it is stopped, whatever comes of it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { TaskRequestInput } from '@assay/protocol/task/task';
import { taskOf } from '../../containers/trial.ts';

/** Repeated work. */
export interface Repeated {
  stop(): Promise<void>;
}

/** Does something again and again with a pause between, from number 1. Failures are what faults are for. */
export function repeat(pauseMs: number, work: (number: number) => Promise<unknown>): Repeated {
  const ended = new AbortController();
  const running = (async () => {
    for (let number = 1; !ended.signal.aborted; number++) {
      await work(number).catch(() => undefined);
      await pause(pauseMs, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  })();
  return {
    stop() {
      ended.abort();
      return running;
    },
  };
}

/** A task that one role can decide; its reference makes it another task. */
export const requestOf = (reference: string): TaskRequestInput => ({
  ...taskOf(1),
  policy: 'checksum-only',
  reference,
});
