/** What the Router has seen of each miner since its start: load, verdicts, failures. */
import type { Clock } from '@assay/protocol/ports';
import type { Standing } from './draw.ts';
import type { Result } from './judge.ts';
import type { Miner } from './miners.ts';
import { MinerRecords } from './standing/miner-records.ts';

const pauseMs = 5_000;
const pauseMsMax = 300_000;
/** Older verdicts fade: each counts this share when the next one comes. */
const fading = 0.98;

interface Entry {
  load: number;
  accepted: number;
  judged: number;
  failures: number;
  pausedUntilMs: number;
}

/** One entry for each registered miner that was asked. */
export class MinerBook {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  /** What lasts, for each model. */
  readonly records: MinerRecords;

  constructor(clock: Clock, records = new MinerRecords(clock)) {
    this.#clock = clock;
    this.records = records;
  }

  standingOf({ address }: Miner): Standing {
    const { load, accepted, judged, pausedUntilMs } = this.#entryOf(address);
    return { load, score: (accepted + 1) / (judged + 2), paused: this.#clock.nowMs() < pausedUntilMs };
  }

  /** A request begins; call the result once it has ended. */
  begin({ address }: Miner): () => void {
    const entry = this.#entryOf(address);
    entry.load++;
    return () => void entry.load--;
  }

  /** A signed answer came after so many milliseconds. */
  answered(miner: Miner, model: string, ms: number): void {
    Object.assign(this.#entryOf(miner.address), { failures: 0, pausedUntilMs: 0 });
    this.records.answered(miner, model, ms);
  }

  /** The miner failed: it is asked last for a while, twice as long each time. */
  failed({ address }: Miner): void {
    const entry = this.#entryOf(address);
    entry.pausedUntilMs = this.#clock.nowMs() + Math.min(pauseMsMax, pauseMs * 2 ** entry.failures);
    entry.failures++;
  }

  /** The network judged an answer. Abstaining says nothing about the miner. */
  judged(miner: Miner, model: string, { verdict, flags }: Pick<Result, 'verdict' | 'flags'>): void {
    this.records.judged(miner, model, { verdict, flags });
    if (verdict === 'abstain') return;
    const entry = this.#entryOf(miner.address);
    entry.judged = entry.judged * fading + 1;
    entry.accepted = entry.accepted * fading + (verdict === 'accept' ? 1 : 0);
  }

  #entryOf(address: string): Entry {
    const entry = this.#entries.get(address) ?? { load: 0, accepted: 0, judged: 0, failures: 0, pausedUntilMs: 0 };
    this.#entries.set(address, entry);
    return entry;
  }
}
