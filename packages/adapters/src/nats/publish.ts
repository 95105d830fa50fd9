/** Publishes with confirmation by JetStream, or rejects. */

import { messageBytesMaxOf, streamOf } from '@assay/protocol/bus/subjects';
import type { BusMessage, Published, PublishOptions } from '@assay/protocol/ports';
import type { JetStreamClient, JetStreamManager, JetStreamPublishOptions } from '@nats-io/jetstream';
import { nuid } from '@nats-io/transport-node';
import type { NatsLink } from './connection.ts';
import { expectedLastHeader, messageIdHeader, storedToBusMessage, toNatsHeaders } from './message.ts';
import { attemptTimeoutMs, isConflict, isForbidden, withRetries } from './transient-failure.ts';

/** Publishes, and retries with the same message id without a confirmation, a bounded number of times. */
export async function natsPublish(
  link: NatsLink,
  js: JetStreamClient,
  manager: JetStreamManager,
  subject: string,
  data: Uint8Array,
  options: PublishOptions,
): Promise<Published> {
  const bytesMax = messageBytesMaxOf(subject);
  if (data.length > bytesMax) {
    throw new Error(
      `A message for ${subject} has ${data.length} bytes; the limit of its stream is ${bytesMax}. Put its content into the content store.`,
    );
  }
  const messageId = options.messageId ?? nuid.next();
  let tried = 0;
  try {
    return await withRetries(link, `Publishing to ${subject}`, async (attempt) => {
      tried = attempt;
      const confirmed = await js.publish(subject, data, sendOptions(messageId, options));
      return { status: confirmed.duplicate ? 'duplicate' : 'stored', sequence: confirmed.seq };
    });
  } catch (error) {
    if (!isConflict(error)) throw error;
    if (tried === 1) return { status: 'conflict' };
    return (await storedBefore(link, manager, subject, messageId)) ?? { status: 'conflict' };
  }
}

/** The last message of a subject; undefined if there is none. */
export async function natsLast(
  link: NatsLink,
  manager: JetStreamManager,
  stream: string,
  subject: string,
): Promise<BusMessage | undefined> {
  return withRetries(link, `Reading the last message of ${subject} in ${stream}`, async () => {
    const found = await manager.direct.getMessage(stream, { last_by_subj: subject });
    return found === null ? undefined : storedToBusMessage(found);
  });
}

/**
 * The first message of a subject after a sequence; undefined if there is none. The last message is requested first:
 * that request names its subject, so a user's permissions can be limited to its own subjects. If its writer expected
 * nothing in between, which the server checked, it is the answer. A subject with wildcards is requested by sequence alone.
 */
export async function natsNext(
  link: NatsLink,
  manager: JetStreamManager,
  stream: string,
  subject: string,
  afterSequence: number,
): Promise<BusMessage | undefined> {
  return withRetries(link, `Reading ${subject} in ${stream} after ${afterSequence}`, async () => {
    if (subject.includes('*')) {
      const found = await manager.direct.getMessage(stream, { seq: afterSequence + 1, next_by_subj: subject });
      return found === null ? undefined : storedToBusMessage(found);
    }
    const last = await manager.direct.getMessage(stream, { last_by_subj: subject });
    if (last === null || last.seq <= afterSequence) return undefined;
    const expected = last.header.get(expectedLastHeader);
    if (expected !== '' && Number(expected) <= afterSequence) return storedToBusMessage(last);
    const found = await nextOf(manager, stream, subject, afterSequence);
    return storedToBusMessage(found ?? last);
  });
}

/** Requested by sequence, which a user with few permissions may not do: it reads its own subjects from their end. */
async function nextOf(manager: JetStreamManager, stream: string, subject: string, afterSequence: number) {
  try {
    return await manager.direct.getMessage(stream, { seq: afterSequence + 1, next_by_subj: subject });
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

function sendOptions(messageId: string, options: PublishOptions): Partial<JetStreamPublishOptions> {
  const expect = {
    ...(options.expectLastSubjectSequence === undefined
      ? {}
      : { lastSubjectSequence: options.expectLastSubjectSequence }),
    ...(options.expectLastStreamSequence === undefined ? {} : { lastSequence: options.expectLastStreamSequence }),
  };
  return { msgID: messageId, timeout: attemptTimeoutMs, headers: toNatsHeaders(options.headers), expect };
}

/** If an earlier try was stored and only its confirmation was lost, the conflict is with our own message. */
async function storedBefore(
  link: NatsLink,
  manager: JetStreamManager,
  subject: string,
  messageId: string,
): Promise<Published | undefined> {
  const stream = streamOf(subject) ?? (await manager.streams.find(subject));
  const last = await natsLast(link, manager, stream, subject);
  return last?.headers[messageIdHeader] === messageId ? { status: 'duplicate', sequence: last.sequence } : undefined;
}
