import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchQueue, batchTokensMax, type TokenRow } from './embedder-batches.ts';

/** A queue whose model returns each row's sum and length and records the batches. */
function countingQueue() {
  const batches: (readonly TokenRow[])[] = [];
  const queue = new BatchQueue(async (rows) => {
    batches.push(rows);
    if (rows.some((row) => row.includes(-1))) throw new Error('no such token');
    return rows.map((row) => Float32Array.of(row.length, row[0] ?? 0));
  });
  return { queue, batches };
}

const rowOf = (length: number, first: number): TokenRow => [first, ...Array.from({ length: length - 1 }, () => 0)];

describe('BatchQueue', () => {
  it('puts the texts of several calls into one batch and gives each call its own vectors in order', async () => {
    const { queue, batches } = countingQueue();
    const calls = [queue.add([rowOf(16, 1), rowOf(15, 2)]), queue.add([rowOf(14, 3)]), queue.add([rowOf(16, 4)])];
    const vectors = await Promise.all(calls);
    expect(batches).toHaveLength(1);
    expect(vectors.map((one) => one.map((vector) => [...vector]))).toEqual([
      [
        [16, 1],
        [15, 2],
      ],
      [[14, 3]],
      [[16, 4]],
    ]);
  });

  it('does not delay a small call for a large one', async () => {
    const { queue, batches } = countingQueue();
    let large = 0;
    const first = queue.add(Array.from({ length: 200 }, (_, index) => rowOf(128, index))).then(() => {
      large = batches.length;
    });
    await queue.add([rowOf(20, 7)]);
    expect(batches.length).toBeLessThanOrEqual(5);
    await first;
    expect(large).toBe(26);
  });

  it('keeps every batch within its token limit, its rows of similar length, and loses nothing', async () => {
    const call = fc.array(fc.integer({ min: 1, max: 2_000 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 5 }), async (calls) => {
        const { queue, batches } = countingQueue();
        const got = await Promise.all(
          calls.map((lengths) => queue.add(lengths.map((length, index) => rowOf(length, index)))),
        );
        expect(got.map((vectors) => vectors.map((vector) => [...vector]))).toEqual(
          calls.map((lengths) => lengths.map((length, index) => [length, index])),
        );
        for (const rows of batches) {
          const longest = Math.max(...rows.map((row) => row.length));
          expect(rows.length === 1 || rows.length * longest <= batchTokensMax).toBe(true);
          expect(Math.min(...rows.map((row) => row.length))).toBeGreaterThanOrEqual(0.75 * longest);
        }
        await queue.idle();
      }),
      { numRuns: 60 },
    );
  });

  it('fails the calls of a batch that fails, and no other', async () => {
    const { queue } = countingQueue();
    const [wrong, long, right] = await Promise.allSettled([
      queue.add([rowOf(10, -1)]),
      queue.add([rowOf(900, 5)]),
      queue.add([rowOf(400, 6)]),
    ]);
    expect([wrong?.status, long?.status, right?.status]).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(await queue.add([rowOf(10, 1)])).toHaveLength(1);
  });
});
