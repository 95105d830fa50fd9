/** The parts that the throughput bench runs: the services' own threads, a real Redis, the bare model. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { startRedis } from '@assay/adapters/process/server-programs';
import { startWorkThread, type WorkThread } from '@assay/adapters/process/work-thread';
import { connectRedisCache } from '@assay/adapters/redis/cache';
import { modelPlace } from '@assay/cli/network/model-location';
import { serviceFile } from '@assay/cli/network/service-process';
import type { CheckSetup } from '@assay/composition/content-check';
import type { VectorSetup } from '@assay/composition/vector-check';
import { type Role, serviceOf } from '@assay/protocol/observation/role';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Cache } from '@assay/protocol/ports';
import type { ComparerFacts } from '@assay/runtime/check/comparer-check';

/** No miner signs in the bench. */
const domain = { chainId: 1, hub: `0x${'00'.repeat(20)}` } as const;

/** The thread of a role that compares embeddings, as its service starts it. */
export function vectorThread(role: Role, policies: readonly Policy[]): Promise<WorkThread<ComparerFacts>> {
  const setup: VectorSetup = { ...modelPlace(), allowRemote: false, threads: 1, policies, domain };
  return startWorkThread<ComparerFacts>({ entry: threadFile(role), data: setup });
}

/** The thread of a role that looks at the content alone, as its service starts it. */
export function contentThread(role: Role, policies: readonly Policy[]): Promise<WorkThread<unknown>> {
  return startWorkThread({ entry: threadFile(role), data: { policies, domain } satisfies CheckSetup });
}

function threadFile(role: Role): URL {
  return pathToFileURL(serviceFile(serviceOf(role), 'check-thread'));
}

/** The bench's own Redis. */
export interface BenchRedis {
  /** An empty cache. */
  emptyCache(): Promise<Cache>;
  stop(): Promise<void>;
}

/** Starts Redis on a free port. */
export async function startBenchRedis(): Promise<BenchRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  const server = await startRedis({ dir });
  const caches: Cache[] = [];
  return {
    emptyCache: async () => {
      const cache = connectRedisCache({ url: server.url, prefix: `bench-${caches.length}` });
      caches.push(cache);
      while (cache.isDegraded()) await pause(5);
      return cache;
    },
    stop: async () => {
      await Promise.all(caches.map((cache) => cache.close()));
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
