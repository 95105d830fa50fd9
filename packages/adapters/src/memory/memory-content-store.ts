/** Content by CID in memory. */

import { limits } from '@assay/protocol/limits';
import type { ContentStore } from '@assay/protocol/ports';
import { contentIdOf } from '@assay/protocol/task/content-id';
import type { ContentPlace } from '@assay/protocol/task/content-place';

/** A content store that can return wrong bytes. */
export interface MemoryContentStore extends ContentStore {
  /** Stores bytes that belong to no task, and gives their CID. */
  keep(bytes: Uint8Array): string;
  /** Stores bytes under a wrong CID. */
  forge(cid: string, bytes: Uint8Array): void;
  /** Loses the content, wherever it is. */
  lose(cid: string): void;
}

interface Kept {
  readonly bytes: Uint8Array;
  readonly atMs: number;
}

const anywhere = 'anywhere';

/** An empty store; the time of a content is that of `nowMs`. */
export function memoryContentStore(nowMs: () => number = () => 0): MemoryContentStore {
  const places = new Map<string, Map<string, Kept>>();
  const removed = new Set<string>();
  const at = (place: ContentPlace | undefined) => {
    const name = place === undefined ? anywhere : `${place.kind} ${place.id}`;
    const held = places.get(name) ?? new Map<string, Kept>();
    places.set(name, held);
    return held;
  };
  const keep = (place: ContentPlace | undefined, cid: string, bytes: Uint8Array) => {
    if (bytes.length > limits.contentBytesMax)
      throw new Error(`Content has ${bytes.length} bytes; the limit is ${limits.contentBytesMax} (contentBytesMax).`);
    const held = at(place);
    if (held.has(cid) || removed.has(`${place?.id} ${cid}`)) return false;
    held.set(cid, { bytes: bytes.slice(), atMs: nowMs() });
    return true;
  };
  return {
    async put(place, contents) {
      const stored = [...contents].map(([cid, bytes]) => keep(place, cid, bytes));
      return stored.includes(true) ? 'stored' : 'known';
    },
    get: async (cid, place) => (at(place).get(cid) ?? at(undefined).get(cid))?.bytes.slice(),
    remove: async (place, cids) => {
      for (const cid of cids) {
        at(place).delete(cid);
        removed.add(`${place.id} ${cid}`);
      }
    },
    placesAreApart: true,
    expire: async (beforeMs) => {
      for (const held of places.values()) for (const [cid, { atMs }] of held) if (atMs < beforeMs) held.delete(cid);
    },
    keep: (bytes) => {
      const cid = contentIdOf(bytes);
      keep(undefined, cid, bytes);
      return cid;
    },
    forge: (cid, bytes) => {
      for (const held of [at(undefined), ...places.values()])
        if (held === at(undefined) || held.has(cid)) held.set(cid, { bytes: bytes.slice(), atMs: nowMs() });
    },
    lose: (cid) => {
      for (const held of places.values()) held.delete(cid);
    },
  };
}
