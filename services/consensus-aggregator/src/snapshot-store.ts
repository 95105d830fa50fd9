/**
 * Snapshots of the books in the cache, where others may write too: each carries a keyed hash, and one that this aggregator did
 * not make itself is as good as none. Losing them costs time only.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Books, Setting } from '@assay/aggregation/books';
import { snapshotContext, snapshotOf } from '@assay/aggregation/record/snapshot';
import { fromHex, keccak256, toHex, utf8 } from '@assay/protocol/encoding/bytes';
import type { Cache, Clock, Keyring, Log } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';

const macBytes = 32;
const intervalMs = 15_000;
/** Larger ones take longer to read than the streams that they stand for. */
const snapshotBytesMax = 64 * 1024 * 1024;

/**
 * The key of the snapshots of one transmitter: a hash of what it signs for nobody else to see. The bytes begin as no
 * transaction and no typed data do. A signer whose signatures differ from time to time gives another key each time, and
 * snapshots of the one before are worth nothing.
 */
export async function snapshotKey(keyring: Keyring): Promise<Uint8Array> {
  const bytes = utf8(`assay aggregator snapshot key v1 ${keyring.address}`);
  return fromHex(keccak256(fromHex(await keyring.sign(keccak256(bytes), toHex(bytes)))));
}

export class SnapshotStore {
  readonly #ports: { readonly cache: Cache; readonly clock: Clock; readonly log: Log };
  readonly #key: Uint8Array;
  readonly #context: string;
  #keeping: Promise<void> | undefined;
  #nextMs = 0;

  /** `key` is known to this aggregator alone. */
  constructor(
    ports: { readonly cache: Cache; readonly clock: Clock; readonly log: Log },
    key: Uint8Array,
    setting: Setting,
  ) {
    this.#ports = ports;
    this.#key = key;
    this.#context = snapshotContext(setting);
  }

  /** The last one that this aggregator kept; undefined where there is none, or it is not its own. */
  async last(): Promise<string | undefined> {
    const { cache, log } = this.#ports;
    const bytes = await cache.get(this.#place());
    if (bytes === undefined) return undefined;
    const text = bytes.subarray(macBytes);
    const mac = bytes.subarray(0, macBytes);
    if (mac.length === macBytes && timingSafeEqual(mac, this.#mac(text))) return new TextDecoder().decode(text);
    log.warn('the snapshot is not of this aggregator; it is ignored');
    return undefined;
  }

  /** Keeps the books now and then, once they have caught up with the streams. */
  keepAtTimes(books: Books): void {
    const { clock } = this.#ports;
    if (this.#keeping !== undefined || clock.nowMs() < this.#nextMs || !books.told.isCaughtUp) return;
    this.#nextMs = clock.nowMs() + intervalMs;
    this.#keeping = this.keep(books).finally(() => {
      this.#keeping = undefined;
    });
  }

  /** Keeps the books as they are now, once they have caught up. Too large ones are not kept. */
  async keep(books: Books): Promise<void> {
    if (!books.told.isCaughtUp) return;
    const text = utf8(snapshotOf(books));
    const bytes = Buffer.concat([this.#mac(text), text]);
    if (bytes.length > snapshotBytesMax)
      this.#ports.log.warn('the books are too large for a snapshot', { bytes: bytes.length });
    else await this.#ports.cache.set(this.#place(), bytes, tuning.cacheTtlSeconds);
  }

  #place(): string {
    return `snapshot ${keccak256(utf8(this.#context))}`;
  }

  #mac(text: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#key).update(this.#context).update('\n').update(text).digest();
  }
}
