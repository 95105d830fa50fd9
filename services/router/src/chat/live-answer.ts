/** The answer of the miner whose text comes first, as it comes. */
import { type AnswerDelta, deltaOf, MessageSoFar } from '@assay/sdk/answer-stream';
import type { MinerAnswer } from '../ask-miner.ts';
import { Fault } from '../faults.ts';
import type { Miner } from '../miners.ts';

/** Between the miners that are asked and the client that reads. What a slow client has not read yet is one part. */
export class LiveAnswer {
  readonly #ended = Promise.withResolvers<MinerAnswer>();
  readonly #begun = Promise.withResolvers<void>();
  readonly #broken = new AbortController();
  #leader: Miner | undefined;
  #isOver = false;
  #unread = new MessageSoFar();
  #news = Promise.withResolvers<void>();

  constructor() {
    // Whoever does not read it hears of it by the parts.
    this.#ended.promise.catch(() => undefined);
  }

  /** Resolves when a miner has said something. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** The answer when its signature holds. Rejects with {@link Fault}. */
  get ended(): Promise<MinerAnswer> {
    return this.#ended.promise;
  }

  /** Aborts when the answer has broken off: what was sent of it cannot be replaced by another one. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** The miner whose text came first; undefined before. */
  get leader(): Miner | undefined {
    return this.#leader;
  }

  /** A part of a miner's answer. */
  add(miner: Miner, part: AnswerDelta): void {
    if (this.#isOver || (this.#leader !== undefined && this.#leader !== miner)) return;
    this.#unread.add(part);
    if (this.#unread.isEmpty) return;
    this.#leader = miner;
    this.#begun.resolve();
    this.#news.resolve();
  }

  /** A miner's answer is there, and its signature holds. */
  answered(answer: MinerAnswer): void {
    if (this.#isOver || (this.#leader ?? answer.miner) !== answer.miner) return;
    if (this.#leader === undefined) {
      this.#unread = new MessageSoFar();
      this.#unread.add(deltaOf(answer.message));
      this.#leader = answer.miner;
    }
    this.#isOver = true;
    this.#ended.resolve(answer);
    this.#begun.resolve();
    this.#news.resolve();
  }

  /** A miner's answer does not count. */
  failed(miner: Miner): void {
    if (this.#isOver || this.#leader !== miner) return;
    this.#isOver = true;
    this.#ended.reject(new Fault('answer-cut', '', { assay: { miner: miner.address } }));
    this.#news.resolve();
    this.#broken.abort('broken');
  }

  /** The parts, for one reader. Throws {@link Fault} where the answer breaks off. */
  async *parts(): AsyncGenerator<AnswerDelta> {
    for (;;) {
      const unread = this.#unread;
      this.#unread = new MessageSoFar();
      if (!unread.isEmpty) yield unread.delta;
      else if (this.#isOver) break;
      else {
        await this.#news.promise;
        this.#news = Promise.withResolvers();
      }
    }
    await this.#ended.promise;
  }
}
