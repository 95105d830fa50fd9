/** All messages on an operator's observation subjects of one task, whoever wrote them. */

import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { type Observation, observationSchema } from '@assay/protocol/observation/observation';
import type { Role } from '@assay/protocol/observation/role';
import type { Bus } from '@assay/protocol/ports';
import type { Checked } from '@assay/protocol/refusal';

const readingMsMax = 30_000;

/** The operator, task and roles. */
export interface Suspect {
  readonly taskId: Hex;
  readonly operator: Hex;
  readonly roles: readonly Role[];
}

/** One message, decoded. */
export interface ReadObservation {
  readonly role: Role;
  readonly sequence: number;
  readonly decoded: Checked<Observation>;
}

/** The messages in the stream's order. */
export interface ReadObservations {
  readonly messages: readonly ReadObservation[];
  /** False if there are more than the maximum. */
  readonly complete: boolean;
}

/**
 * Reads at most `messagesMax` messages. It follows the stream instead of requesting single messages, so a user that may
 * see only a part is refused instead of treating that part as complete. Rejects if they do not arrive.
 */
export async function readObservations(
  bus: Bus,
  { taskId, operator, roles }: Suspect,
  messagesMax: number,
): Promise<ReadObservations> {
  const roleOf = new Map(roles.map((role) => [subjects.observation(taskId, role, operator), role]));
  const ends = await Promise.all([...roleOf.keys()].map((subject) => bus.last('OBSERVATIONS', subject)));
  const end = Math.max(0, ...ends.map((message) => message?.sequence ?? 0));
  const messages: ReadObservation[] = [];
  if (end === 0) return { messages, complete: true };
  const signal = AbortSignal.timeout(readingMsMax);
  const filterSubject = subjects.observationsOn(taskId, operator);
  for await (const { subject, sequence, data } of bus.follow('OBSERVATIONS', { filterSubject }, signal)) {
    const role = roleOf.get(subject);
    if (role !== undefined) {
      if (messages.length === messagesMax) return { messages, complete: false };
      messages.push({ role, sequence, decoded: decodeMessage(observationSchema, data) });
    }
    if (sequence >= end) return { messages, complete: true };
  }
  throw new Error(
    `Only ${messages.length} messages up to sequence ${end} came within ${readingMsMax} ms. Check that NATS runs, and that this user may follow OBSERVATIONS: "auditor" may.`,
  );
}
