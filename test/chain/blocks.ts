/**
 * Block production that a test can stop, because anvil's own block time cannot be changed below whole seconds while it
 * runs.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { rpc } from './faulty-rpc.ts';

const everyMs = 100;

export interface BlocksByTheClock {
  /** Resolves when no block is being produced. */
  stop(): Promise<void>;
  start(): void;
  close(): Promise<void>;
}

/** Mines a block every 100 ms until it is stopped. */
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
    // A stopped chain mines no blocks.
    await rpc(url, 'evm_mine').catch(() => undefined);
    await pause(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
