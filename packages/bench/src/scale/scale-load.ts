/** Tasks at a rate that rises and falls again. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { GatewayClient } from '@assay/sdk/gateway-client';

/** A load wave: calm, ramp-up, peak, ramp-down, calm. */
export interface Wave {
  readonly calmPerSecond: number;
  readonly peakPerSecond: number;
  /** Seconds of the initial calm, the ramp-up, the peak and the ramp-down. */
  readonly seconds: readonly [calm: number, climb: number, peak: number, fall: number];
}

/** Wanted tasks a second at a time of the wave. Pure. */
export function rateAt({ calmPerSecond, peakPerSecond, seconds }: Wave, second: number): number {
  const [calm, climb, peak, fall] = seconds;
  const between = (share: number) => calmPerSecond + (peakPerSecond - calmPerSecond) * share;
  if (second < calm) return calmPerSecond;
  if (second < calm + climb) return between((second - calm) / climb);
  if (second < calm + climb + peak) return peakPerSecond;
  if (second < calm + climb + peak + fall) return between(1 - (second - calm - climb - peak) / fall);
  return calmPerSecond;
}

/** Number of tasks that a wave requires up to a time: the area under its rate. Pure. */
export function askedUpTo(wave: Wave, second: number): number {
  const step = 0.05;
  let sum = 0;
  for (let at = 0; at < second; at += step) sum += rateAt(wave, at) * Math.min(step, second - at);
  return sum;
}

const tickMs = 50;
const inFlightMax = 64;

/** Submits tasks, each with its own text, so that no cache answers for a check. */
export class TaskLoad {
  readonly #gateway: GatewayClient;
  readonly #run: string;
  readonly #inFlight = new Set<Promise<void>>();
  readonly taskIds: Hex[] = [];
  #begun = 0;
  #failure: unknown;

  constructor(gateway: GatewayClient, run: string) {
    this.#gateway = gateway;
    this.#run = run;
  }

  /**
   * Submits until `count` tasks were started; waits while too many are in progress. Rejects with the gateway's refusal.
   */
  async upTo(count: number): Promise<void> {
    while (this.#begun < count) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#inFlight.size >= inFlightMax) await Promise.race(this.#inFlight);
      else this.#handIn();
    }
  }

  /** Follows a wave, until the signal aborts. */
  async follow(wave: Wave, secondsNow: () => number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.upTo(Math.floor(askedUpTo(wave, secondsNow())));
      await pause(tickMs);
    }
    await this.settled();
  }

  /** Resolves when all started tasks are submitted. */
  async settled(): Promise<void> {
    await Promise.all(this.#inFlight);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #handIn(): void {
    const reference = `${this.#run}-${this.#begun++}`;
    const output = `The answer of ${reference} is a sentence of its own.`;
    const request = { reference, policy: 'checksum-only', prompt: `Say ${reference}.` };
    const done: Promise<void> = this.#gateway
      .submitTask({ ...request, submissions: [{ miner: 'miner-1', output }] })
      .then((taskId) => void this.taskIds.push(taskId))
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#inFlight.delete(done));
    this.#inFlight.add(done);
  }
}
