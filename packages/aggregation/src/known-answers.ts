/** What a held message has asked for: handlers ask again from their start, and are told what is known by then. */

import type { Hex } from '@assay/protocol/encoding/bytes';
import type { PlacedPledge } from '@assay/protocol/observation/commit-reveal';
import type { Observation } from '@assay/protocol/observation/observation';
import type { BusMessage } from '@assay/protocol/ports';
import { type KnownTask, readTask } from '@assay/protocol/task/known-task';
import type { Books, HeldMessage } from './books.ts';
import type { Emit, Question } from './effects.ts';
import { datedFor } from './epochs/epoch-end.ts';
import type { Answer } from './events.ts';
import type { FollowedStream } from './followed-streams.ts';
import { claimedReport, proofQuestion } from './proofs.ts';

/** Stands for what is not known yet. */
export const pending = Symbol('pending');

export type Pending = typeof pending;

/** A task as a question to the stream finds it. */
export interface FoundTask {
  readonly known: KnownTask;
  /** When it was handed in, server milliseconds. */
  readonly timestampMs: number;
  /** It was taken over: its report may be out since long. */
  readonly isLeftOver: boolean;
}

/** A handler's view of the answers to its questions; a question that is new is asked. */
export class KnownAnswers {
  readonly #books: Books;
  readonly #held: HeldMessage;
  readonly #place: string;
  readonly #emit: Emit;

  constructor(books: Books, stream: FollowedStream, held: HeldMessage, emit: Emit) {
    this.#books = books;
    this.#held = held;
    this.#place = `${stream} ${held.message.sequence}`;
    this.#emit = emit;
  }

  /** Whether a message of TASKS repeats an earlier one of its subject. */
  isRepeat({ isFirst, sequence }: BusMessage, taskId: Hex): boolean | Pending {
    if (isFirst === true) return false;
    const answer = this.#ask({ id: `${this.#place} task ${taskId}`, about: 'task', taskId });
    if (answer === undefined) return pending;
    return answer.about === 'task' && answer.message !== undefined && answer.message.sequence < sequence;
  }

  /** The task of an id; undefined when TASKS has none of the epoch that fits. */
  task(taskId: Hex): FoundTask | undefined | Pending {
    const answer = this.#ask({ id: `${this.#place} task ${taskId}`, about: 'task', taskId });
    if (answer === undefined) return pending;
    if (answer.about !== 'task' || answer.message === undefined) return undefined;
    const message = datedFor(this.#books, answer.message, this.#held.message.timestampMs);
    if (message === undefined) return undefined;
    const read = readTask(this.#books.setting, message);
    if (!read.ok) return undefined;
    const { timestampMs } = message;
    return { known: read.value.known, timestampMs, isLeftOver: timestampMs !== answer.message.timestampMs };
  }

  /** The first pledge of an observation; undefined when there is none. `opened` is what the observation opens. */
  pledge({ taskId, role, operator }: Observation, opened: Hex | undefined): PlacedPledge | undefined | Pending {
    const id = `${this.#place} pledge ${taskId} ${role} ${operator}`;
    const question = { id, about: 'pledge', taskId, role, operator } as const;
    const answer = this.#ask(opened === undefined ? question : { ...question, opened });
    if (answer === undefined) return pending;
    return answer.about === 'pledge' ? answer.placed : undefined;
  }

  /** The sequence of a stream's last message. */
  last(stream: FollowedStream): number | Pending {
    const answer = this.#ask({ id: `${this.#place} last ${stream}`, about: 'last', stream });
    if (answer === undefined) return pending;
    return answer.about === 'last' ? answer.sequence : 0;
  }

  /** The batch in which the report of a task came out, as the chain proves it; undefined when none did. */
  reportedIn(taskId: Hex): string | undefined | Pending {
    const answer = this.#ask({ id: `${this.#place} report ${taskId}`, about: 'report', taskId });
    if (answer === undefined) return pending;
    if (answer.about !== 'report' || answer.message === undefined) return undefined;
    const claimed = claimedReport(this.#books.setting, answer.message.data, taskId);
    if (claimed === undefined) return undefined;
    if (this.#books.roots.has(claimed.root)) return claimed.batchId;
    const proof = this.#ask(proofQuestion(`${this.#place} proof ${claimed.root}`, claimed));
    if (proof === undefined) return pending;
    return proof.about === 'proof' && proof.isProven ? claimed.batchId : undefined;
  }

  #ask(question: Question): Answer | undefined {
    const answer = this.#held.answers.get(question.id);
    if (answer === undefined && !this.#held.asked.has(question.id)) {
      this.#held.asked.add(question.id);
      this.#emit({ kind: 'ask', question });
    }
    return answer;
  }
}
