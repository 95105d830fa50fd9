/** Dead letters: messages that can never be handled, with the reason, for people to act on. They contain no content. */

import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import type { Bus, BusMessage, Telemetry } from '@assay/protocol/ports';
import type { Refusal } from '@assay/protocol/refusal';
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
}

/** The kind of dead letter that a message of a stream becomes: `assay.v1.dead.<kind>`. */
function deadLetterKind(stream: string): string {
  return stream.toLowerCase();
}

/**
 * Publishes a dead letter. Its message id consists of the message's stream, sequence and code, so that several services
 * that refuse one message for the same reason leave one letter. Rejects if the bus does not confirm.
 */
export async function publishDeadLetter(
  bus: Bus,
  telemetry: Telemetry,
  service: string,
  stream: string,
  message: BusMessage,
  refusal: Refusal,
): Promise<void> {
  const letter: DeadLetter = {
    stream,
    subject: message.subject,
    sequence: message.sequence,
    code: refusal.code,
    detail: refusal.detail,
    ...(refusal.field === undefined ? {} : { field: refusal.field }),
    service,
  };
  await bus.publish(subjects.dead(deadLetterKind(stream)), encodeMessage(letter), {
    messageId: `dead-${stream}-${message.sequence}-${refusal.code}`,
    headers: telemetry.carrier(),
  });
  telemetry.count(metrics.deadLetters, { stream, code: refusal.code });
  telemetry.log.warn('message refused', {
    stream,
    subject: message.subject,
    sequence: message.sequence,
    code: refusal.code,
    detail: refusal.detail,
  });
}
