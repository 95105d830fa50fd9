/** Replicas of one operator that claim tasks for batches at once, on a real server and on the twin of the bus. */
import { join } from 'node:path';
import { MemoryBroker } from '@assay/adapters/memory/memory-bus';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import { ensureNatsStreams } from '@assay/adapters/nats/streams';
import { type ServerProcess, startNats } from '@assay/adapters/process/server-process';
import { systemClock } from '@assay/adapters/process/system-clock';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Bus } from '@assay/protocol/ports';
import { type ClaimedTask, ClaimLog } from '@assay/runtime/validator/cosign-claims';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let nats: ServerProcess;
const open: Bus[] = [];
const broker = new MemoryBroker();

beforeAll(async () => {
  folder = await temporaryFolder();
  nats = await startNats({ dir: join(folder.path, 'nats') });
  await ensureNatsStreams({ servers: nats.url });
});
afterAll(async () => {
  await Promise.all(open.map((bus) => bus.close()));
  await nats.stop();
  await folder.remove();
});

const clients: Readonly<Record<string, () => Promise<Bus>>> = {
  NATS: async () => {
    const bus = await connectNatsBus({ servers: nats.url, name: 'replica' });
    open.push(bus);
    return bus;
  },
  'the twin': async () => broker.connect(),
};

let operators = 0;
const freshOperator = () => `0x${(++operators).toString(16).padStart(40, '0')}` as Hex;
const taskIdOf = (index: number) => `0x${index.toString(16).padStart(64, '0')}` as Hex;
const tasksOf = (...indexes: number[]): ClaimedTask[] =>
  indexes.map((index) => ({ taskId: taskIdOf(index), publishedMs: Date.now() }));
const batchOf = (sequence: number) => `1-${sequence}/0x${sequence.toString(16).padStart(64, '0')}`;
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

/** A bus that counts requests. */
function counting(bus: Bus): Bus & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    ...bus,
    asked,
    publish: (...all) => {
      asked.push('publish');
      return bus.publish(...all);
    },
    last: (...all) => {
      asked.push('last');
      return bus.last(...all);
    },
    next: (...all) => {
      asked.push('next');
      return bus.next(...all);
    },
  };
}

describe.each(Object.entries(clients))('claims on %s', (_, client) => {
  it('are one publish for a batch', async () => {
    const bus = counting(await client());
    const claims = new ClaimLog(bus, systemClock, freshOperator());
    for (const batch of range(0, 4))
      expect((await claims.claim(batchOf(batch), tasksOf(...range(256 * batch, 256 * (batch + 1))))).ok).toBe(true);
    expect(bus.asked).toEqual(['last', 'publish', 'publish', 'publish', 'publish']);
  });

  it('let a batch claim again, also by a replica that starts later, without another publish', async () => {
    const operator = freshOperator();
    const tasks = tasksOf(1, 2);
    await new ClaimLog(await client(), systemClock, operator).claim(batchOf(1), tasks);
    const bus = counting(await client());
    expect((await new ClaimLog(bus, systemClock, operator).claim(batchOf(1), tasks)).ok).toBe(true);
    expect(bus.asked).toEqual(['last']);
  });

  it('claim none of the tasks of a batch that is refused for one', async () => {
    const operator = freshOperator();
    const [one, other] = await Promise.all([client(), client()]);
    const [first, second] = [one, other].map((bus) => new ClaimLog(bus, systemClock, operator));
    expect((await first?.claim(batchOf(1), tasksOf(1)))?.ok).toBe(true);
    expect(await second?.claim(batchOf(2), tasksOf(1, 2))).toMatchObject({
      refusal: { code: 'cosigned-elsewhere', detail: expect.stringContaining(batchOf(1)) },
    });
    expect((await first?.claim(batchOf(3), tasksOf(2)))?.ok).toBe(true);
  });

  it('let replicas race over batches that share tasks: every task is in one batch', async () => {
    const operator = freshOperator();
    const replicas = await Promise.all(
      range(0, 4).map(async () => new ClaimLog(await client(), systemClock, operator)),
    );
    const held = new Map<Hex, Set<string>>();
    let claimed = 0;
    // In each round, each replica claims its own batch, which shares a task with each neighbour's.
    for (const round of range(0, 25)) {
      await Promise.all(
        replicas.map(async (replica, index) => {
          const sequence = 100 * round + index + 1;
          const tasks = tasksOf(1_000 * round + index, 1_000 * round + ((index + 1) % replicas.length));
          const outcome = await replica.claim(batchOf(sequence), tasks);
          if (!outcome.ok) {
            expect(outcome.refusal.code).toBe('cosigned-elsewhere');
            return;
          }
          claimed++;
          for (const { taskId } of tasks) held.set(taskId, (held.get(taskId) ?? new Set()).add(batchOf(sequence)));
        }),
      );
    }
    expect([...held.values()].filter((batches) => batches.size > 1)).toEqual([]);
    // Of four that form a ring, one or two that are not neighbours can win.
    expect(claimed).toBeGreaterThanOrEqual(25);
    expect(claimed).toBeLessThanOrEqual(50);
  });

  it('let replicas race with one batch: all hold it, by one message', async () => {
    const operator = freshOperator();
    const buses = await Promise.all(range(0, 4).map(client));
    const tasks = tasksOf(...range(0, 64));
    const outcomes = await Promise.all(
      buses.map((bus) => new ClaimLog(bus, systemClock, operator).claim(batchOf(1), tasks)),
    );
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    const [bus] = buses;
    const first = await bus?.next('CLAIMS', subjects.claims(operator), 0);
    expect(first).toBeDefined();
    expect(await bus?.next('CLAIMS', subjects.claims(operator), first?.sequence ?? 0)).toBeUndefined();
  });

  it('read back to the oldest task of a batch, and find its claims', async () => {
    const operator = freshOperator();
    const writer = new ClaimLog(await client(), systemClock, operator);
    const startMs = Date.now();
    for (const batch of range(0, 40)) await writer.claim(batchOf(batch + 1), tasksOf(batch));
    const bus = counting(await client());
    const late = new ClaimLog(bus, systemClock, operator);
    const tasks = [{ taskId: taskIdOf(3), publishedMs: startMs }];
    expect(await late.claim(batchOf(99), tasks)).toMatchObject({ refusal: { code: 'cosigned-elsewhere' } });
    expect(bus.asked.filter((one) => one === 'next')).toHaveLength(39);
    // A task of the future can be in none of them.
    const newBus = counting(await client());
    const future = [{ taskId: taskIdOf(3_000), publishedMs: startMs + 3_600_000 }];
    expect((await new ClaimLog(newBus, systemClock, operator).claim(batchOf(99), future)).ok).toBe(true);
    expect(newBus.asked).toEqual(['last', 'publish']);
  });

  it('refuse to continue after an invalid claim', async () => {
    const operator = freshOperator();
    const bus = await client();
    await bus.publish(subjects.claims(operator), new TextEncoder().encode('{}'));
    await expect(new ClaimLog(bus, systemClock, operator).claim(batchOf(1), tasksOf(1))).rejects.toThrow(
      /cannot be read/,
    );
  });
});
