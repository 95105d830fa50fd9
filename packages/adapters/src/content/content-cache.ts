/** In-memory cache of recently used content, bounded by number and bytes. */
import { tuning } from '@assay/protocol/tuning';
import { LRUCache } from 'lru-cache';

/** An LRU cache from CID to bytes. */
export class ContentCache {
  readonly #entries = new LRUCache<string, Uint8Array>({
    max: tuning.contentCacheEntriesMax,
    maxSize: tuning.contentCacheBytesMax,
    sizeCalculation: (bytes) => Math.max(1, bytes.length),
  });

  get(cid: string): Uint8Array | undefined {
    return this.#entries.get(cid);
  }

  set(cid: string, bytes: Uint8Array): void {
    this.#entries.set(cid, bytes);
  }
}
