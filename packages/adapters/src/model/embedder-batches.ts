/** Groups texts of several callers into batches of similar length, which reduces padding. */
import { setTimeout as pause } from 'node:timers/promises';

/** Token ids of one text, special tokens included. */
export type TokenRow = readonly number[];

/**
 * Maximum tokens (rows times the longest row) of one batch. A larger batch does not fit the processor's caches and is
 * slower.
 */
export const batchTokensMax = 1_024;
/** Rows that are this much shorter than a batch's longest row wait for another batch. */
const leastLengthShare = 0.75;
/** How long a batch that is not full waits for more texts while the model is idle. */
const waitMs = 2;

/** The remaining texts of one call, longest first. */
interface Order {
  readonly rows: { readonly place: number; readonly ids: TokenRow }[];
  readonly vectors: Float32Array[];
  left: number;
  readonly resolve: (vectors: Float32Array[]) => void;
  readonly reject: (error: unknown) => void;
}

interface BatchRow {
  readonly order: Order;
  readonly place: number;
  readonly ids: TokenRow;
}

/** Runs batches until nothing is left to compute. */
export class BatchQueue {
  readonly #run: (rows: readonly TokenRow[]) => Promise<Float32Array[]>;
  #orders: Order[] = [];
  #working: Promise<void> | undefined;

  /** `run` computes one batch: a vector for each row, in order. */
  constructor(run: (rows: readonly TokenRow[]) => Promise<Float32Array[]>) {
    this.#run = run;
  }

  /** Vectors of the rows, in order. Rejects when a batch with one of them fails. */
  add(rows: readonly TokenRow[]): Promise<Float32Array[]> {
    if (rows.length === 0) return Promise.resolve([]);
    const sorted = rows.map((ids, place) => ({ place, ids })).toSorted((a, b) => b.ids.length - a.ids.length);
    return new Promise((resolve, reject) => {
      this.#orders.push({ rows: sorted, vectors: [], left: rows.length, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** Resolves when nothing is left to compute. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    if (this.#tokens() < batchTokensMax) await pause(waitMs);
    for (;;) {
      const batch = this.#next();
      if (batch.length === 0) {
        this.#working = undefined;
        return;
      }
      try {
        const vectors = await this.#run(batch.map(({ ids }) => ids));
        for (const [index, { order, place }] of batch.entries()) {
          order.vectors[place] = vectors[index] as Float32Array;
          order.left -= 1;
          if (order.left === 0) order.resolve(order.vectors);
        }
      } catch (error) {
        const failed = new Set(batch.map(({ order }) => order));
        this.#orders = this.#orders.filter((order) => !failed.has(order));
        for (const order of failed) order.reject(error);
      }
    }
  }

  #tokens(): number {
    return this.#orders.reduce((sum, { rows }) => sum + rows.reduce((tokens, { ids }) => tokens + ids.length, 0), 0);
  }

  /**
   * The next batch, built around the longest text of the caller whose turn it is, so that a large call does not delay a
   * small one.
   */
  #next(): BatchRow[] {
    const [turn] = this.#orders;
    const longest = turn?.rows[0]?.ids.length;
    if (longest === undefined) return [];
    const places = Math.max(1, Math.floor(batchTokensMax / Math.max(1, longest)));
    const batch: BatchRow[] = [];
    for (const order of this.#orders) batch.push(...taken(order, longest, places - batch.length));
    const waiting = this.#orders.filter(({ rows }) => rows.length > 0);
    const first = waiting.indexOf(turn as Order);
    if (first >= 0) waiting.push(...waiting.splice(first, 1));
    this.#orders = waiting;
    return batch;
  }
}

/** Removes at most `count` rows of similar length from a call. */
function taken(order: Order, longest: number, count: number): BatchRow[] {
  const from = order.rows.findIndex(({ ids }) => ids.length <= longest);
  if (from < 0 || count <= 0) return [];
  let to = from;
  while (to < order.rows.length && to - from < count) {
    if ((order.rows[to]?.ids.length ?? 0) < longest * leastLengthShare) break;
    to += 1;
  }
  return order.rows.splice(from, to - from).map(({ place, ids }) => ({ order, place, ids }));
}
