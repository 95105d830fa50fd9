/** The thread of the tests of `work-thread.ts`. */
import { workerData } from 'node:worker_threads';
import { serveCalls } from './thread-calls.ts';

const { startsMax, starts } = workerData as { startsMax: number; starts: Int32Array };
if (Atomics.add(starts, 0, 1) >= startsMax) throw new Error('wrong from the start');

serveCalls(
  { greeting: 'hello' },
  {
    double: (value: number) => 2 * value,
    fail: (reason: string) => Promise.reject(new RangeError(reason)),
    later: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms, 'later')),
    hang: () => {
      for (;;);
    },
    crash: () => {
      setImmediate(() => {
        throw new Error('crashed on purpose');
      });
      return new Promise(() => undefined);
    },
    exit: () => process.exit(3),
    eat: () => {
      const eaten: number[][] = [];
      for (;;) eaten.push(Array.from({ length: 10_000 }, Math.random));
    },
  },
);
