import type { Clock } from '@assay/protocol/ports';
import { describe, expect, it } from 'vitest';
import { BlockWatch } from './block-watch.ts';

const farMs = 3_600_000;

/** A chain whose height the test sets, and a clock on which short sleeps are over at once and long ones never. */
function watched() {
  const chain = { asked: 0, answer: async () => 1, height: async () => chain.answer() };
  const clock: Clock = {
    nowMs: () => 0,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        signal?.addEventListener('abort', () => resolve(), { once: true });
        if (ms < farMs)
          setImmediate(() => {
            chain.asked++;
            resolve();
          });
      }),
  };
  return { chain, watch: new BlockWatch({ chain, clock }) };
}

describe('a block watch', () => {
  it('wakes everyone who waits when the height changes', async () => {
    const { chain, watch } = watched();
    const { signal } = new AbortController();
    await watch.changedFrom(0, farMs, signal);
    expect(watch.height).toBe(1);
    const all = Promise.all([watch.changedFrom(1, farMs, signal), watch.changedFrom(1, farMs, signal)]);
    chain.answer = async () => 2;
    await all;
    expect(watch.height).toBe(2);
  });

  it('lets nobody wait who has seen another height', async () => {
    const { watch } = watched();
    const { signal } = new AbortController();
    await watch.changedFrom(0, farMs, signal);
    await watch.changedFrom(0, farMs, signal);
    expect(watch.height).toBe(1);
  });

  it('wakes whoever waits while the chain does not answer when its time is over, or the signal aborts', async () => {
    const { chain, watch } = watched();
    chain.answer = () => Promise.reject(new Error('no RPC answers'));
    await watch.changedFrom(0, 1, new AbortController().signal);
    const stop = new AbortController();
    const waiting = watch.changedFrom(0, farMs, stop.signal);
    stop.abort();
    await waiting;
    expect(watch.height).toBe(0);
  });
});
