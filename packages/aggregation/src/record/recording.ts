/**
 * A recording of events, as JSON lines: for each start of the process a line with what it knew, then a line for each event
 * with the digest of its effects. Whoever has it can take every decision again, step by step.
 */

import { sha256Hex, utf8 } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import type { Policy } from '@assay/protocol/policy/policy';
import type { BusMessage } from '@assay/protocol/ports';
import { decodeTaskMessage } from '@assay/protocol/task/task-message';
import { newBooks, type Setting } from '../books.ts';
import type { Effect } from '../effects.ts';
import type { Event } from '../events.ts';
import { step } from '../step.ts';
import { fromJson, toJson } from './json.ts';
import { booksOf } from './snapshot.ts';

const version = 1;
const noPolicies: ReadonlyMap<string, Policy> = new Map();

/** The line of a start: the setting, and the snapshot that the process goes on from. */
export function startLine(setting: Setting, snapshot: string | undefined): string {
  return toJson({ recording: version, setting, ...(snapshot === undefined ? {} : { snapshot }) }, noPolicies);
}

/** The line of an event. */
export function eventLine(event: Event, effects: readonly Effect[]): string {
  return toJson({ event, effects: effects.length, digest: digestOf(effects) }, noPolicies);
}

/** The digest of an event's effects: equal for equal effects, to the byte of their JSON form. */
function digestOf(effects: readonly Effect[]): string {
  return sha256Hex(utf8(toJson(effects, noPolicies)));
}

/** An event taken again. */
export interface Replayed {
  /** From 1, counted from the start of the process. */
  readonly number: number;
  readonly event: Event;
  readonly effects: readonly Effect[];
  /** Whether the effects are those of the recording. */
  readonly isSame: boolean;
}

/** A start of the process in a recording, one of its events, or a line that it died in. */
export type ReplayStep =
  | { readonly kind: 'start'; readonly setting: Setting; readonly isFromSnapshot: boolean }
  | ({ readonly kind: 'event' } & Replayed)
  | { readonly kind: 'torn' };

/**
 * Takes the events of a recording again, line by line. Throws with the line's number on a line that is none, and on an event
 * behind a torn line: there the next start must come.
 */
export class Replay {
  #books: ReturnType<typeof newBooks> | undefined;
  #lines = 0;
  #events = 0;

  /** The step of the next line. */
  next(line: string): ReplayStep {
    this.#lines++;
    const parsed = this.#parse(line);
    if (parsed === undefined) {
      this.#books = undefined;
      return { kind: 'torn' };
    }
    if ('setting' in parsed) {
      const { setting, snapshot } = parsed;
      this.#books = snapshot === undefined ? newBooks(setting) : booksOf(setting, snapshot);
      this.#events = 0;
      return { kind: 'start', setting, isFromSnapshot: snapshot !== undefined };
    }
    if (this.#books === undefined) throw new Error(`Line ${this.#lines}: there was no start before this event.`);
    const { effects } = step(this.#books, parsed.event);
    const isSame = digestOf(effects) === parsed.digest;
    return { kind: 'event', number: ++this.#events, event: parsed.event, effects, isSame };
  }

  #parse(line: string): { setting: Setting; snapshot?: string } | { event: Event; digest: string } | undefined {
    let value: Record<string, unknown>;
    try {
      value = fromJson(line, noPolicies) as Record<string, unknown>;
    } catch {
      return undefined;
    }
    const isStart = value.recording === version && typeof value.setting === 'object';
    const isEvent = typeof value.event === 'object' && typeof value.digest === 'string';
    if (!isStart && !isEvent) throw new Error(`Line ${this.#lines} is no line of a recording of version ${version}.`);
    return value as { event: Event; digest: string };
  }
}

/** An event without the contents that came along with tasks: no decision rests on them, and no recording holds them. */
export function withoutContents<E extends Event>(event: E): E {
  if (event.kind === 'message' && event.stream === 'TASKS')
    return { ...event, message: taskWithoutContents(event.message) };
  if (event.kind !== 'answer' || event.answer.about !== 'task' || event.answer.message === undefined) return event;
  return { ...event, answer: { ...event.answer, message: taskWithoutContents(event.answer.message) } };
}

function taskWithoutContents(message: BusMessage): BusMessage {
  const decoded = decodeTaskMessage(message.data);
  return decoded.ok ? { ...message, data: encodeMessage(decoded.value.task) } : message;
}
