/** The faults between a process and its environment: kinds, probabilities and end. */
import type { Clock } from '@assay/protocol/ports';
import type { SeededRandom } from './seeded-random.ts';

/** Probabilities are for each call; after `calmAfterMs` of the run there are no more faults. */
export interface Weather {
  readonly calmAfterMs: number;
  readonly delayMsMax: number;
  /** A call fails before it has an effect. */
  readonly failure: number;
  /** A call takes effect, and the caller gets a failure. */
  readonly lostAnswer: number;
  /** A publish is sent twice. */
  readonly twice: number;
  /** A blockchain post takes up to this long. */
  readonly blockMsMax: number;
  /** The chain's RPC is down from and until these moments of the run. */
  readonly chainDownMs: readonly [from: number, until: number];
  /** Pauses between crashes, stops, and losses of a cache; 0: none. */
  readonly crashEveryMs: number;
}

/** No faults and no delays. */
export const fairWeather: Weather = {
  calmAfterMs: 0,
  delayMsMax: 0,
  failure: 0,
  lostAnswer: 0,
  twice: 0,
  blockMsMax: 0,
  chainDownMs: [0, 0],
  crashEveryMs: 0,
};

/** Faults from a seed: each may be absent, rare or frequent. */
export function drawWeather(random: SeededRandom): Weather {
  const downFrom = random.integer(0, 20_000);
  return {
    calmAfterMs: random.integer(15_000, 45_000),
    delayMsMax: random.pick([0, 20, 300, 2_000]),
    failure: random.pick([0, 0.02, 0.1, 0.25]),
    lostAnswer: random.pick([0, 0.02, 0.1, 0.25]),
    twice: random.pick([0, 0.1, 0.5]),
    blockMsMax: random.pick([0, 1_000, 12_000]),
    chainDownMs: [downFrom, downFrom + random.pick([0, 5_000, 30_000])],
    crashEveryMs: random.pick([0, 1_000, 4_000]),
  };
}

/** A process's lifetime: a dead process's pending calls never return, and its messages are not delivered. */
export class Life {
  isOver = false;
}

/** The faults for one process. */
export class Sky {
  readonly weather: Weather;
  readonly #clock: Clock & { readonly elapsedMs: number };
  readonly #random: SeededRandom;
  readonly #life: Life;

  constructor(weather: Weather, clock: Clock & { readonly elapsedMs: number }, random: SeededRandom, life: Life) {
    this.weather = weather;
    this.#clock = clock;
    this.#random = random;
    this.#life = life;
  }

  /** A call with injected faults. */
  async through<T>(what: string, call: () => Promise<T>): Promise<T> {
    await this.delay();
    if (this.happens(this.weather.failure)) throw new Error(`Weather: ${what} failed.`);
    const answer = await call();
    await this.delay();
    if (this.happens(this.weather.lostAnswer)) throw new Error(`Weather: the answer to ${what} was lost.`);
    return answer;
  }

  /** Takes up to `msMax`; forever for a process that has died. */
  async delay(msMax = this.weather.delayMsMax): Promise<void> {
    if (!this.isCalm && msMax > 0) await this.#clock.sleep(this.#random.integer(0, msMax));
    if (this.#life.isOver) await new Promise<never>(() => undefined);
  }

  happens(probability: number): boolean {
    return !this.isCalm && this.#random.chance(probability);
  }

  get isCalm(): boolean {
    return this.#clock.elapsedMs >= this.weather.calmAfterMs;
  }

  get isOver(): boolean {
    return this.#life.isOver;
  }

  get isChainDown(): boolean {
    const [from, until] = this.weather.chainDownMs;
    return this.#clock.elapsedMs >= from && this.#clock.elapsedMs < until;
  }
}
