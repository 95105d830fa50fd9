/** An aggregator for tests: events go in one by one, effects come out; the test plays bus and chain. */

import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import type { Example } from '@assay/protocol/network/example-network';
import type { Observation } from '@assay/protocol/observation/observation';
import type { BusMessage } from '@assay/protocol/ports';
import type { Task } from '@assay/protocol/task/task';
import { type Books, newBooks, type Pace } from './books.ts';
import type { Effect } from './effects.ts';
import type { Event } from './events.ts';
import { type FollowedStream, followedStreams } from './followed-streams.ts';
import { step } from './step.ts';

export const defaultPace: Pace = {
  index: 0,
  count: 1,
  batchReportsMax: 1_024,
  batchWaitMs: 1,
  batchesAheadMax: 4,
  turnDeltaMs: 1,
  confirmations: 1,
  finality: 1,
};

export type Undated = Event extends infer E ? (E extends Event ? Omit<E, 'atMs'> : never) : never;

/** One aggregator with a clock that the test sets. */
export class TestAggregator {
  books: Books;
  nowMs = 0;
  readonly effects: Effect[] = [];
  readonly #sequences = new Map<FollowedStream, number>();
  readonly #subjects = new Set<string>();

  constructor(example: Example, pace: Partial<Pace> = {}) {
    const policies = new Map([[example.policy.name, example.policy]]);
    this.books = newBooks({ takesFromMs: 0, network: example.network, policies, pace: { ...defaultPace, ...pace } });
  }

  /** Begins with streams that hold nothing, or so many messages. */
  start(last: Partial<Record<FollowedStream, number>> = {}): readonly Effect[] {
    const streams = Object.fromEntries(followedStreams.map((name) => [name, { first: 1, last: last[name] ?? 0 }]));
    return this.take({ kind: 'started', streams: streams as Record<FollowedStream, { first: number; last: number }> });
  }

  take(event: Undated): readonly Effect[] {
    const { effects } = step(this.books, { ...event, atMs: this.nowMs });
    this.effects.push(...effects);
    return effects;
  }

  /** The next message of a stream. */
  message(stream: FollowedStream, subject: string, value: unknown, timestampMs = this.nowMs): readonly Effect[] {
    const sequence = (this.#sequences.get(stream) ?? 0) + 1;
    this.#sequences.set(stream, sequence);
    const data = value instanceof Uint8Array ? value : encodeMessage(value);
    const first = this.#subjects.has(subject) ? {} : ({ isFirst: true } as const);
    this.#subjects.add(subject);
    const message: BusMessage = { subject, data, sequence, timestampMs, headers: {}, ...first };
    return this.take({ kind: 'message', stream, message });
  }

  task(task: Task, timestampMs = this.nowMs): readonly Effect[] {
    return this.message('TASKS', subjects.task(task.taskId), task, timestampMs);
  }

  observation(observation: Observation, timestampMs = this.nowMs): readonly Effect[] {
    const { taskId, role, operator } = observation;
    return this.message('OBSERVATIONS', subjects.observation(taskId, role, operator), observation, timestampMs);
  }

  /** Lets time pass up to a moment, from timer to timer. */
  until(atMs: number): void {
    for (let timers = 0; timers < 10_000; timers++) {
      const next = this.books.timerMs;
      if (next > atMs || next <= this.nowMs) break;
      this.nowMs = next;
      this.take({ kind: 'tick' });
    }
    this.nowMs = Math.max(this.nowMs, atMs);
  }

  /** All effects of a kind so far. */
  all<K extends Effect['kind']>(kind: K): (Effect & { readonly kind: K })[] {
    return this.effects.filter((effect): effect is Effect & { readonly kind: K } => effect.kind === kind);
  }

  /** What was decided of a stream's messages, in order, in codes. */
  decisions(stream: FollowedStream): string[] {
    return this.all('handled')
      .filter((effect) => effect.stream === stream)
      .map(({ decision }) => (decision.kind === 'reject' ? decision.refusal.code : decision.code));
  }
}
