/** In-memory cache of recently used content, bounded by number and bytes. */
import { limits } from '@assay/protocol/limits';
import { LRUCache } from 'lru-cache';

/** An LRU cache from CID to bytes. */
export class ContentCache {
  readonly #entries = new LRUCache<string, Uint8Array>({
    max: limits.contentCacheEntriesMax,
    maxSize: limits.contentCacheBytesMax,
    sizeCalculation: (bytes) => Math.max(1, bytes.length),
  });

  get(cid: string): Uint8Array | undefined {
    return this.#entries.get(cid);
  }

  set(cid: string, bytes: Uint8Array): void {
    this.#entries.set(cid, bytes);
  }
}
