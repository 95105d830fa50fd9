/** In-memory cache of recently used content, bounded by number, bytes and time. */
import { tuning } from '@assay/protocol/tuning';
import { LRUCache } from 'lru-cache';

/** What a process remembers of the contents that it has read. */
export type ContentMemory = Pick<ContentCache, 'get' | 'set' | 'delete'>;

/** The memory of a process that reads the same content again and again. */
export function freshContentMemory(): ContentMemory {
  return new ContentCache();
}

/** Of one that shows content to people: it has no more than the store has. */
export const noContentMemory: ContentMemory = { get: () => undefined, set: () => undefined, delete: () => undefined };

/** An LRU cache from CID to bytes. What was deleted or has expired elsewhere is gone here after `tuning.contentCacheMs`. */
class ContentCache {
  readonly #entries = new LRUCache<string, Uint8Array>({
    max: tuning.contentCacheEntriesMax,
    maxSize: tuning.contentCacheBytesMax,
    ttl: tuning.contentCacheMs,
    sizeCalculation: (bytes) => Math.max(1, bytes.length),
  });
  #isSweptLater = false;

  get(cid: string): Uint8Array | undefined {
    return this.#entries.get(cid);
  }

  set(cid: string, bytes: Uint8Array): void {
    this.#entries.set(cid, bytes);
    this.#sweepLater();
  }

  delete(cid: string): void {
    this.#entries.delete(cid);
  }

  /** An entry that nobody asks for again is deleted too; a process may end before. */
  #sweepLater(): void {
    if (this.#isSweptLater) return;
    this.#isSweptLater = true;
    const sweep = () => {
      this.#isSweptLater = false;
      this.#entries.purgeStale();
      if (this.#entries.size > 0) this.#sweepLater();
    };
    setTimeout(sweep, tuning.contentCacheMs).unref();
  }
}
