/** Dead letters: messages that can never be handled, with the reason, for people to act on. They contain no content. */

import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import type { Bus, BusMessage, Clock, Telemetry } from '@assay/protocol/ports';
import type { Refusal } from '@assay/protocol/refusal';
import { tuning } from '@assay/protocol/tuning';
import { metrics } from '../service/telemetry-names.ts';

/** The content of a dead letter. The message itself stays in its stream, at `sequence`. */
export interface DeadLetter {
  readonly stream: string;
  readonly subject: string;
  readonly sequence: number;
  readonly code: string;
  readonly detail: string;
  readonly field?: string;
  readonly service: string;
  /** Refusals on this stream before this one that the service counted and left no letter for. */
  readonly withheld?: number;
}

/**
 * How many dead letters one loop may publish, so that a flood of bad messages does not hold up the good ones: each letter
 * waits for the bus. A token bucket of {@link tuning.deadLettersBurst}, filled by {@link tuning.deadLettersPerSecond}.
 */
export class LetterBudget {
  readonly #clock: Pick<Clock, 'nowMs'>;
  #left: number = tuning.deadLettersBurst;
  #atMs: number;
  #withheld = 0;

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
    this.#atMs = clock.nowMs();
  }

  /** Takes one letter: the number of those withheld before it; undefined if none is left. */
  take(): number | undefined {
    const nowMs = this.#clock.nowMs();
    const filled = (Math.max(0, nowMs - this.#atMs) / 1_000) * tuning.deadLettersPerSecond;
    this.#left = Math.min(tuning.deadLettersBurst, this.#left + filled);
    this.#atMs = nowMs;
    if (this.#left < 1) {
      this.#withheld += 1;
      return undefined;
    }
    this.#left -= 1;
    const withheld = this.#withheld;
    this.#withheld = 0;
    return withheld;
  }
}

/** The kind of dead letter that a message of a stream becomes: `assay.v1.dead.<kind>`. */
function deadLetterKind(stream: string): string {
  return stream.toLowerCase();
}

/**
 * Publishes a dead letter. Its message id consists of the message's stream, sequence and code, so that several services
 * that refuse one message for the same reason leave one letter. Beyond the budget, the refusal is only counted. Rejects
 * if the bus does not confirm.
 */
export async function publishDeadLetter(
  bus: Bus,
  telemetry: Telemetry,
  service: string,
  stream: string,
  message: BusMessage,
  refusal: Refusal,
  budget: LetterBudget,
): Promise<void> {
  telemetry.count(metrics.deadLetters, { stream, code: refusal.code });
  const withheld = budget.take();
  if (withheld === undefined) return;
  const letter: DeadLetter = {
    stream,
    subject: message.subject,
    sequence: message.sequence,
    code: refusal.code,
    detail: refusal.detail,
    ...(refusal.field === undefined ? {} : { field: refusal.field }),
    service,
    ...(withheld === 0 ? {} : { withheld }),
  };
  await bus.publish(subjects.dead(deadLetterKind(stream)), encodeMessage(letter), {
    messageId: `dead-${stream}-${message.sequence}-${refusal.code}`,
    headers: telemetry.carrier(),
  });
  telemetry.log.warn('message refused', {
    stream,
    subject: message.subject,
    sequence: message.sequence,
    code: refusal.code,
    detail: refusal.detail,
  });
}
