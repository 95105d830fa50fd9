/** Blocks that a test can stop: anvil's own clock knows whole seconds only once it runs. */
import { setTimeout as pause } from 'node:timers/promises';
import { rpc } from './faulty-rpc.ts';

const everyMs = 100;

export interface BlocksByTheClock {
  /** Resolves when no block is under way any more. */
  stop(): Promise<void>;
  start(): void;
  close(): Promise<void>;
}

/** Makes a block every 100 ms until it is told to stop. */
export function blocksByTheClock(url: string): BlocksByTheClock {
  let running: AbortController | undefined;
  let loop: Promise<void> = Promise.resolve();
  const stop = async () => {
    running?.abort();
    running = undefined;
    await loop;
  };
  const start = () => {
    if (running !== undefined) return;
    running = new AbortController();
    loop = mineUntil(url, running.signal);
  };
  start();
  return { stop, start, close: stop };
}

async function mineUntil(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // A chain that is away makes no blocks.
    await rpc(url, 'evm_mine').catch(() => undefined);
    await pause(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
