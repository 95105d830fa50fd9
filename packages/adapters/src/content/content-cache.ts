/** In-memory cache of recently used content, bounded by number, bytes and time. */
import { tuning } from '@assay/protocol/tuning';
import { LRUCache } from 'lru-cache';

/** An LRU cache from CID to bytes. What was deleted or has expired elsewhere is gone here after `tuning.contentCacheMs`. */
export class ContentCache {
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
