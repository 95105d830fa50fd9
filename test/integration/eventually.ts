/** Waits for expected events, with a time-out. */
import { setTimeout as pause } from 'node:timers/promises';

const pollMs = 20;
/** Long, because others may use the cores; what comes at all comes much sooner. */
const patienceMs = 60_000;

/** Polls until `check` returns something other than undefined or false; rejects with `what` after `timeoutMs`. */
export async function eventually<T>(
  what: string,
  check: () => T | Promise<T>,
  timeoutMs = patienceMs,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined && value !== null && value !== false) return value as NonNullable<T>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}.`, { cause: last });
    await pause(pollMs);
  }
}

/** The promise's value, or a rejection that names what did not arrive in time. */
export async function within<T>(what: string, promise: Promise<T>, timeoutMs = patienceMs): Promise<T> {
  const timer = new AbortController();
  const late = pause(timeoutMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}.`);
  });
  // The losing timer is aborted below, which rejects it.
  late.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}

/** The first `count` items of an iterable, then no more. */
export async function takeFrom<T>(
  what: string,
  items: AsyncIterable<T>,
  count: number,
  timeoutMs = patienceMs,
): Promise<T[]> {
  const iterator = items[Symbol.asyncIterator]();
  const taken: T[] = [];
  while (taken.length < count) {
    const { value, done } = await within(`${what}, number ${taken.length + 1} of ${count}`, iterator.next(), timeoutMs);
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}
