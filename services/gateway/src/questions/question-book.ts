/** The questions of the network that are open, and the tasks of those that are sealed, as the bus tells. Bounded. */
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { limits } from '@assay/protocol/limits';
import type { BusMessage } from '@assay/protocol/ports';
import { type Question, questionSchema, type SealedNote, sealedNoteSchema } from '@assay/protocol/question/question';
import { tuning } from '@assay/protocol/tuning';

/** An open question, and what is known of its answers. */
export interface OpenQuestion {
  readonly question: Question;
  /** Subjects on which there is an answer. */
  readonly answered: Set<string>;
  /** Not to be sealed before. */
  retryAtMs: number;
  /** To be looked at, whatever is known. */
  isUnknown: boolean;
}

export class QuestionBook {
  readonly #open = new Map<Hex, OpenQuestion>();
  /** The newest ones, oldest first. */
  readonly #sealed = new Map<Hex, SealedNote>();

  /** Number of open questions. */
  get open(): number {
    return this.#open.size;
  }

  /** `open`; the note of a sealed question; undefined when none is known, which says little of old ones. */
  find(questionId: Hex): 'open' | SealedNote | undefined {
    return this.#sealed.get(questionId) ?? (this.#open.has(questionId) ? 'open' : undefined);
  }

  /** A message of QUESTIONS, in order. What does not fit is ignored: only gateways write there. */
  takeQuestion({ subject, data }: BusMessage): void {
    const question = decodeMessage(questionSchema, data);
    if (question.ok) {
      const { questionId } = question.value;
      if (subject !== subjects.question(questionId) || this.#sealed.has(questionId)) return;
      const fresh = { question: question.value, answered: new Set<string>(), retryAtMs: 0, isUnknown: true };
      this.#open.set(questionId, fresh);
      return;
    }
    const note = decodeMessage(sealedNoteSchema, data);
    if (note.ok && subject === subjects.sealed(note.value.questionId)) this.close(note.value);
  }

  /** A message of ANSWERS. True when its question may be full by now. */
  takeAnswer({ subject }: BusMessage): boolean {
    const open = this.#open.get(`0x${subject.split('.')[3] ?? ''}`);
    if (open === undefined) return false;
    if (open.answered.size < limits.answersReadMax) open.answered.add(subject);
    return mayBeFull(open);
  }

  /** A question is over. */
  close(note: SealedNote): void {
    this.#open.delete(note.questionId);
    this.#sealed.set(note.questionId, note);
    const [oldest] = this.#sealed.keys();
    if (this.#sealed.size > tuning.sealedQuestionsMax && oldest !== undefined) this.#sealed.delete(oldest);
  }

  /** Forgets questions that ended long ago and that nobody here could seal, such as those of an earlier sealer. */
  prune(nowMs: number): void {
    for (const [questionId, { question }] of this.#open)
      if (isOver(question, nowMs - tuning.questionMsMax)) this.#open.delete(questionId);
  }

  /** The questions that may be to seal at a time. */
  due(nowMs: number): OpenQuestion[] {
    return [...this.#open.values()].filter(
      (one) => one.retryAtMs <= nowMs && (one.isUnknown || mayBeFull(one) || isOver(one.question, nowMs)),
    );
  }
}

function mayBeFull({ question, answered }: OpenQuestion): boolean {
  return answered.size >= question.question.answersMax;
}

function isOver({ question }: Question, nowMs: number): boolean {
  return nowMs > question.answersUntilMs;
}
