/** The book of batches that are in and not yet final. */

import type { PostableBatch } from '@assay/protocol/batch/intent';
import { tuning } from '@assay/protocol/tuning';
import type { FinalityWatch } from './books.ts';

/** Watches a batch, or notes that it is in another block now. Of too many the oldest are watched no longer. */
export function watch({ watched }: FinalityWatch, batch: PostableBatch, height: number): void {
  watched.delete(keyOf(batch));
  watched.set(keyOf(batch), { batch, height });
  for (const oldest of watched.keys()) {
    if (watched.size <= tuning.watchedBatchesMax) break;
    watched.delete(oldest);
  }
}

/** The name of a batch in the watch. */
export function keyOf({ epoch, sequence }: Pick<PostableBatch, 'epoch' | 'sequence'>): string {
  return `${epoch}-${sequence}`;
}

/** The highest block that holds a watched batch: while it stands, all below it stand. */
export function highest({ watched }: FinalityWatch): number | undefined {
  let height: number | undefined;
  for (const one of watched.values()) height = Math.max(height ?? 0, one.height);
  return height;
}
