/** Content by CID in memory. */

import { limits } from '@assay/protocol/limits';
import type { ContentStore } from '@assay/protocol/ports';
import { contentIdOf } from '@assay/protocol/task/content-id';

/** A content store that can return wrong bytes. */
export interface MemoryContentStore extends ContentStore {
  /** Stores bytes under a wrong CID. */
  forge(cid: string, bytes: Uint8Array): void;
  /** Loses the content. */
  lose(cid: string): void;
}

/** An empty store. */
export function memoryContentStore(): MemoryContentStore {
  const entries = new Map<string, Uint8Array>();
  return {
    async put(bytes) {
      if (bytes.length > limits.contentBytesMax) {
        throw new Error(`Content has ${bytes.length} bytes; the limit is ${limits.contentBytesMax} (contentBytesMax).`);
      }
      const cid = contentIdOf(bytes);
      if (!entries.has(cid)) entries.set(cid, bytes.slice());
      return cid;
    },
    get: async (cid) => entries.get(cid)?.slice(),
    forge: (cid, bytes) => void entries.set(cid, bytes.slice()),
    lose: (cid) => void entries.delete(cid),
  };
}
