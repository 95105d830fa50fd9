import { expect, it } from 'vitest';
import { memoryCache } from '../memory/memory-cache.ts';
import { memoryLanguageModel } from '../memory/memory-language-model.ts';
import { authenticatedCache } from '../redis/authenticated-cache.ts';
import { cachedLanguageModel } from './cached-model.ts';

const key = new Uint8Array(32).fill(7);
const clock = { nowMs: () => 1_000 };
const requests = [
  { context: 'q', text: 'ab' },
  { context: 'q', text: 'b' },
];

it('asks the model once for each context and text, and never for what failed', async () => {
  const model = memoryLanguageModel({ chances: { a: 0.5, b: 0.25 } });
  const cache = memoryCache();
  const cached = cachedLanguageModel(model, authenticatedCache(cache, { key, clock }));
  const first = await cached.score(requests);
  expect(await cached.score(requests)).toEqual(first);
  expect(model.asked).toEqual(['ab', 'b']);
  expect(await cached.score([{ context: 'p', text: 'b' }, ...requests])).toEqual([first[1], ...first]);
  expect(model.asked).toEqual(['ab', 'b', 'b']);
  model.fail('unreachable');
  expect(await cached.score([{ context: 'r', text: 'b' }])).toEqual([{ ok: false, fault: 'unreachable' }]);
  model.fail(undefined);
  expect(await cached.score([{ context: 'r', text: 'b' }])).toEqual([first[1]]);
});

it("does not believe what somebody else, or another model's scores, put there", async () => {
  const shared = memoryCache();
  const forger = authenticatedCache(shared, { key: new Uint8Array(32), clock });
  const one = memoryLanguageModel({ chances: { a: 0.5 } });
  const other = memoryLanguageModel({ chances: { a: 0.25 } });
  await cachedLanguageModel({ ...other, modelDigest: one.modelDigest }, forger).score(requests);
  const own = authenticatedCache(shared, { key, clock });
  await cachedLanguageModel(other, own).score(requests);
  expect(await cachedLanguageModel(one, own).score(requests)).toEqual(await one.score(requests));
});
