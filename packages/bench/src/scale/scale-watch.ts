/** Reads the streams of a network under load: finished tasks, their durations, and duplicates. */

import type { StreamName } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Bus } from '@assay/protocol/ports';

/** Times by the server's clock, milliseconds since 1970. */
export interface ObservedTask {
  readonly handedInMs: number;
  readonly observedMs: number;
}

/** Follows TASKS, OBSERVATIONS and REPORTS until it is closed. */
export class StreamWatch {
  readonly #tasks = new Map<string, number>();
  readonly #observed = new Map<string, number>();
  readonly #reported = new Map<string, number>();
  readonly #times: ObservedTask[] = [];
  readonly #doubled = { OBSERVATIONS: 0, REPORTS: 0 };
  readonly #done = new AbortController();
  readonly #following: Promise<unknown>;
  #failure: unknown;

  constructor(bus: Bus) {
    const follow = async (stream: StreamName, take: (taskId: string, timestampMs: number) => void) => {
      for await (const { subject, timestampMs } of bus.follow(stream, {}, this.#done.signal))
        take(subject.split('.')[3] ?? '', timestampMs);
    };
    this.#following = Promise.all([
      follow('TASKS', (taskId, atMs) => this.#tasks.set(taskId, atMs)),
      follow('OBSERVATIONS', (taskId, atMs) => this.#take('OBSERVATIONS', this.#observed, taskId, atMs)),
      follow('REPORTS', (taskId, atMs) => this.#take('REPORTS', this.#reported, taskId, atMs)),
    ]).catch((error: unknown) => {
      this.#failure = error;
    });
  }

  #take(stream: 'OBSERVATIONS' | 'REPORTS', seen: Map<string, number>, taskId: string, atMs: number): void {
    if (seen.has(taskId)) this.#doubled[stream] += 1;
    seen.set(taskId, atMs);
    const handedInMs = this.#tasks.get(taskId);
    if (stream === 'OBSERVATIONS' && handedInMs !== undefined)
      this.#times.push({ handedInMs, observedMs: Math.max(atMs, handedInMs) });
  }

  get observed(): number {
    return this.#observed.size;
  }

  get reported(): number {
    return this.#reported.size;
  }

  /** Observations after the first one of a task, and reports after the first one. */
  get doubled(): number {
    return this.#doubled.OBSERVATIONS + this.#doubled.REPORTS;
  }

  /** The observed tasks in order, starting at the given one. */
  observedFrom(index: number): readonly ObservedTask[] {
    return this.#times.slice(index);
  }

  /** Those tasks that have no observation or no report. Throws if a stream could not be followed. */
  lost(taskIds: readonly Hex[]): Hex[] {
    if (this.#failure !== undefined) throw this.#failure;
    return taskIds.filter((taskId) => !this.#observed.has(taskId.slice(2)) || !this.#reported.has(taskId.slice(2)));
  }

  async close(): Promise<void> {
    this.#done.abort();
    await this.#following;
  }
}
