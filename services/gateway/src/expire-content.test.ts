import { memoryContentStore } from '@assay/adapters/memory/memory-content-store';
import { utf8 } from '@assay/protocol/encoding/bytes';
import { contentIdOf } from '@assay/protocol/task/content-id';
import { tuning } from '@assay/protocol/tuning';
import { expect, it } from 'vitest';
import { expireContent } from './expire-content.ts';
import { testGateway } from './gateway.fixture.ts';

it('deletes content of that age at each sweep, and goes on after a failure', async () => {
  const stop = new AbortController();
  const seen: (number | undefined)[] = [];
  const place = { kind: 'task', id: `0x${'01'.repeat(32)}` } as const;
  const [bytes, cid] = [utf8('p'), contentIdOf(utf8('p'))];
  let isDown = true;
  const { gateway, clock } = testGateway(async (sleeps) => {
    seen.push((await store.get(cid, place))?.length);
    isDown = sleeps < 2;
    if (sleeps === 4) stop.abort();
  });
  const store = memoryContentStore(() => clock.nowMs());
  await store.put(place, new Map([[cid, bytes]]));
  const contentStore = {
    ...store,
    expire: (beforeMs: number) => (isDown ? Promise.reject(new Error('down')) : store.expire(beforeMs)),
  };
  await expireContent({ ...gateway, contentStore }, 2 * tuning.contentSweepMs, stop.signal);
  expect(seen).toEqual([1, 1, 1, undefined]);
});
