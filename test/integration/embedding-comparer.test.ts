/** The embedding comparer's path with its real thread, its real model and a real Redis. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ServerProcess, startRedis } from '@assay/adapters/process/server-programs';
import { startWorkThread, type WorkThread } from '@assay/adapters/process/work-thread';
import { connectRedisCache } from '@assay/adapters/redis/cache';
import type { VectorSetup } from '@assay/composition/vector-check';
import { packedBytes } from '@assay/protocol/encoding/packed-vectors';
import { exampleNetwork, examplePolicy } from '@assay/protocol/network/example-network';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Cache } from '@assay/protocol/ports';
import { buildTask } from '@assay/protocol/task/build-task';
import { taskRequestSchema } from '@assay/protocol/task/task';
import { type ComparerFacts, comparerCheck } from '@assay/runtime/check/comparer-check';
import { textVectors } from '@assay/runtime/check/text-vectors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { temporaryFolder } from './temporary-folder.ts';

const entry = new URL('../../services/embedding-comparer/src/check-thread.ts', import.meta.url);
const modelDir = fileURLToPath(new URL('../../models', import.meta.url));
const modelName = 'universal-sentence-encoder-lite';
const isExported = existsSync(`${modelDir}/${modelName}/config.json`);
const { chainId, hub } = exampleNetwork().network;
const domain = { chainId, hub };
const sentence = 'The tide rises twice a day because the Moon pulls the water of the ocean towards it. ';

describe.skipIf(!isExported)(`the embedding comparer${isExported ? '' : ' (skipped: run "npm run setup")'}`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let redis: ServerProcess;
  let cache: Cache;
  let thread: WorkThread<ComparerFacts>;
  let policy: Policy;

  const startThread = (policies: readonly Policy[]) =>
    startWorkThread<ComparerFacts>({
      entry,
      data: { modelDir, modelName, allowRemote: false, threads: 1, policies, domain } satisfies VectorSetup,
    });

  beforeAll(async () => {
    folder = await temporaryFolder();
    redis = await startRedis({ dir: folder.path });
    cache = connectRedisCache({ url: redis.url, prefix: 'comparer' });
    await eventually('the connection', () => !cache.isDegraded());
    const first = await startThread([]);
    policy = { ...examplePolicy, modelDigest: first.facts.modelDigest };
    await first.close();
    thread = await startThread([policy]);
  });

  afterAll(async () => {
    await thread.close();
    await cache.close();
    await redis.stop();
    await folder.remove();
  });

  /** A model that records the number of requested chunks. */
  function noting(from = thread) {
    const asked = { texts: 0, pieces: 0 };
    const model = {
      ...from.facts,
      pieces: (texts: readonly string[]) => {
        asked.texts += texts.length;
        return from.call<Uint32Array[]>('pieces', texts);
      },
      embed: (pieces: readonly string[]) => {
        asked.pieces += pieces.length;
        return from.call<Uint8Array>('embed', pieces);
      },
    };
    return { asked, model };
  }

  const counts: Record<string, number> = {};
  const telemetry = {
    count: (_metric: string, labels: Readonly<Record<string, string>> = {}, by = 1) => {
      const key = `${labels.kind} ${labels.result}`;
      counts[key] = (counts[key] ?? 0) + by;
    },
  };

  function inputOf(outputs: readonly string[]) {
    const submissions = outputs.map((output, index) => ({ miner: `miner-${index}`, output }));
    const { task, contents } = buildTask(
      taskRequestSchema.parse({ reference: outputs.join().slice(0, 40), prompt: 'Why are there tides?', submissions }),
    );
    const bytes = task.submissions.map(({ cid }) => ({ bytes: contents.get(cid) ?? new Uint8Array() }));
    return { task, policy, content: { prompt: 'Why are there tides?', outputs: bytes } };
  }

  it('computes each chunk once for all processes that share the Redis, and counts hits', async () => {
    const texts = [sentence.repeat(3), sentence.repeat(40)];
    const first = noting();
    const computed = await textVectors({ model: first.model, cache, telemetry }, texts);
    const misses = counts['vectors miss'] ?? 0;
    expect(first.asked).toEqual({ texts: 2, pieces: misses });
    const other = await startThread([policy]);
    const second = noting(other);
    expect(await textVectors({ model: second.model, cache, telemetry }, texts)).toEqual(computed);
    await other.close();
    expect(second.asked).toEqual({ texts: 0, pieces: 0 });
    expect([counts['vectors hit'], counts['pieces hit']]).toEqual([misses, 2]);
  });

  it('uses every chunk of a text that is far longer than the model’s window', async () => {
    const { model } = noting();
    const width = packedBytes(model.dimensions);
    const long = Array.from({ length: 200 }, (_, index) => `${index} ${sentence}`).join('');
    const [whole, changed] = await textVectors({ model, cache, telemetry }, [long, `${long}Bread needs yeast.`]);
    const rows = (whole?.length ?? 0) / width;
    expect(rows).toBeGreaterThan(25);
    expect(Buffer.compare(whole ?? Buffer.alloc(0), changed ?? Buffer.alloc(0))).not.toBe(0);
    expect(whole?.subarray(0, width)).toEqual(changed?.subarray(0, width));
  });

  it('gives the same measurements with a full cache, an empty one and none', async () => {
    const input = inputOf([`${sentence}One.`, `${sentence}Two.`, `${sentence}Three.`, 'Bread needs yeast and time.']);
    const check = comparerCheck({ thread, cache, telemetry });
    const cold = await check(input);
    const warm = await check(input);
    const bare = await comparerCheck({ thread, cache: { ...cache, getMany: misses, setMany: nothing }, telemetry })(
      input,
    );
    expect([warm, bare]).toEqual([cold, cold]);
    expect(cold).toHaveLength(4);
  });

  it('judges several tasks at once like single tasks', async () => {
    const none = { ...cache, getMany: misses, setMany: nothing };
    const check = comparerCheck({ thread, cache: none, telemetry });
    const inputs = [1, 2, 3, 4].map((task) =>
      inputOf([1, 2, 3].map((miner) => `${task} ${miner} ${sentence.repeat(task)}`)),
    );
    const together = await Promise.all(inputs.map(check));
    const alone = [];
    for (const input of inputs) alone.push(await check(input));
    for (const [index, measurements] of together.entries()) {
      for (const [place, { score, flags }] of measurements.entries()) {
        const other = alone[index]?.[place];
        expect(flags).toBe(other?.flags);
        // Batches of another composition may differ in a float's last digit.
        expect(Math.abs(score - (other?.score ?? 0))).toBeLessThanOrEqual(2);
      }
    }
  });

  it('refuses a policy that is made for another model', async () => {
    const check = comparerCheck({ thread, cache, telemetry });
    const input = { ...inputOf(['a', 'b', 'c']), policy: examplePolicy };
    await expect(check(input)).rejects.toThrow('is made for model 0x5e5e');
  });
});

const misses = (keys: readonly string[]) => Promise.resolve(keys.map(() => undefined));
const nothing = () => Promise.resolve();
