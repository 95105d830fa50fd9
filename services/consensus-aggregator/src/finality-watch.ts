/** The batches that are in and not yet final: a reorganisation may still take them, and then they are posted again. No I/O. */
import type { PostableBatch } from '@assay/protocol/batch/intent';

/** A batch with the height of the block that it was last seen in. */
export interface WatchedBatch {
  readonly batch: PostableBatch;
  readonly height: number;
}

export class FinalityWatch {
  readonly #watched = new Map<string, WatchedBatch>();
  readonly #watchedMax: number;

  /** Of more than `watchedMax` batches the oldest are watched no longer. */
  constructor(watchedMax: number) {
    this.#watchedMax = watchedMax;
  }

  get size(): number {
    return this.#watched.size;
  }

  /** Watches a batch, or notes that it is in another block now. */
  add(batch: PostableBatch, height: number): void {
    const key = keyOf(batch);
    this.#watched.delete(key);
    this.#watched.set(key, { batch, height });
    for (const oldest of this.#watched.keys()) {
      if (this.#watched.size <= this.#watchedMax) break;
      this.#watched.delete(oldest);
    }
  }

  has(batch: Pick<PostableBatch, 'epoch' | 'sequence'>): boolean {
    return this.#watched.has(keyOf(batch));
  }

  all(): WatchedBatch[] {
    return [...this.#watched.values()];
  }

  /** The highest block that holds a watched batch: while it stands, all below it stand. */
  highest(): number | undefined {
    return this.#watched.size === 0 ? undefined : Math.max(...this.all().map(({ height }) => height));
  }

  /** Forgets what can no longer be taken back; says how many that were. */
  finalise(height: number): number {
    const final = this.all().filter((one) => one.height <= height);
    for (const { batch } of final) this.#watched.delete(keyOf(batch));
    return final.length;
  }

  forget(batch: PostableBatch): void {
    this.#watched.delete(keyOf(batch));
  }
}

function keyOf({ epoch, sequence }: Pick<PostableBatch, 'epoch' | 'sequence'>): string {
  return `${epoch}-${sequence}`;
}
