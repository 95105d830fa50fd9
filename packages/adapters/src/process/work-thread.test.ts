import type { Log } from '@assay/protocol/ports';
import { afterEach, describe, expect, it } from 'vitest';
import { startWorkThread, type WorkThread, type WorkThreadOptions } from './work-thread.ts';

const entry = new URL('./work-thread.fixture.ts', import.meta.url);
let open: WorkThread<unknown>[] = [];

afterEach(async () => {
  await Promise.all(open.map((thread) => thread.close()));
  open = [];
});

async function started({ startsMax = 99, ...options }: Partial<WorkThreadOptions> & { startsMax?: number } = {}) {
  const starts = new Int32Array(new SharedArrayBuffer(4));
  const thread = await startWorkThread<{ greeting: string }>({ entry, data: { startsMax, starts }, ...options });
  open.push(thread);
  return thread;
}

/** A log that resolves `heard` when a message was logged. */
function waitingLog(message: string): { log: Log; heard: Promise<void> } {
  let tell: () => void = () => undefined;
  const heard = new Promise<void>((resolve) => (tell = resolve));
  const note = (said: string) => {
    if (said === message) tell();
  };
  return { log: { debug: note, info: note, warn: note, error: note }, heard };
}

describe('startWorkThread', () => {
  it('reports the facts of the thread and answers calls, also several at once', async () => {
    const thread = await started();
    expect(thread.facts).toEqual({ greeting: 'hello' });
    const answers = await Promise.all([thread.call('later', 20), thread.call('double', 4), thread.call('double', 5)]);
    expect(answers).toEqual(['later', 8, 10]);
  });

  it('rejects with the error of the function, and for an unknown function', async () => {
    const thread = await started();
    const failed = thread.call('fail', 'too long');
    await expect(failed).rejects.toThrow('too long');
    await expect(failed).rejects.toBeInstanceOf(RangeError);
    await expect(thread.call('none', 1)).rejects.toThrow('no work "none"');
    expect(await thread.call('double', 1)).toBe(2);
  });

  it('rejects when the thread ends before it is ready', async () => {
    await expect(started({ startsMax: 0 })).rejects.toThrow('wrong from the start');
  });

  it.each([
    ['crash', 'crashed on purpose'],
    ['exit', 'ended with code 3'],
    ['eat', 'memory'],
  ])('gives its calls back when it ends by a %s, and restarts', async (end, reason) => {
    const { log, heard } = waitingLog('thread runs again');
    const thread = await started({ log, heapMb: 32 });
    const calls = [thread.call('later', 60_000), thread.call(end, 0)];
    for (const one of await Promise.allSettled(calls)) {
      expect(one.status === 'rejected' && String(one.reason)).toContain('given back');
      expect(one.status === 'rejected' && String(one.reason)).toContain(reason);
    }
    expect(thread.isReady()).toBe(false);
    await expect(thread.call('double', 2)).rejects.toThrow('not running');
    await heard;
    expect([thread.isReady(), await thread.call('double', 2)]).toEqual([true, 4]);
  });

  it('ends a thread that hangs, while its owner stays awake', async () => {
    const { log, heard } = waitingLog('thread runs again');
    const thread = await started({ log, callMs: 300 });
    let turns = 0;
    const turning = setInterval(() => {
      turns += 1;
    }, 5);
    await expect(thread.call('hang', 0)).rejects.toThrow('given back');
    clearInterval(turning);
    expect(turns).toBeGreaterThan(3);
    await heard;
    expect(await thread.call('double', 3)).toBe(6);
  });

  it('accepts no more calls than its limit', async () => {
    const thread = await started({ callsMax: 2 });
    const held = [thread.call('later', 30), thread.call('later', 30)];
    await expect(thread.call('double', 1)).rejects.toThrow('2 calls wait');
    await Promise.all(held);
    expect(await thread.call('double', 1)).toBe(2);
  });

  it('gives back calls in progress when it is closed', async () => {
    const thread = await started();
    const held = thread.call('later', 60_000);
    const given = expect(held).rejects.toThrow('closed');
    await thread.close();
    await given;
    await expect(thread.call('double', 1)).rejects.toThrow('not running');
  });
});
