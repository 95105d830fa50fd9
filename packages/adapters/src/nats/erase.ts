/** Deletes messages of a stream before their time. */
import { JetStreamApiError, type JetStreamManager, type MsgRequest } from '@nats-io/jetstream';
import type { NatsLink } from './connection.ts';
import { withRetries } from './transient-failure.ts';

/** More messages than an honest network writes on the subjects of one task or question. */
const erasedMax = 4_096;

/** JetStream's codes for a message that another process has just deleted. */
const goneAlready = [10_043, 10_057];

/**
 * Deletes every message of a subject, which may have wildcards, apart from those whose data is `mark`; the server
 * overwrites their bytes on the disk. It may be repeated. The leader is asked: another server may not have all of them yet.
 */
export async function natsErase(
  link: NatsLink,
  manager: JetStreamManager,
  stream: string,
  subject: string,
  mark?: Uint8Array,
): Promise<void> {
  await withRetries(link, `Deleting ${subject} in ${stream}`, async () => {
    for (let seq = 1, looked = 0; looked < erasedMax; looked += 1) {
      // The server takes this of its leader as of any server; the type of the former leaves it out.
      const next = { seq, next_by_subj: subject } as MsgRequest;
      const found = await manager.streams.getMessage(stream, next);
      if (found === null) return;
      if (mark === undefined || !Buffer.from(mark).equals(found.data)) await deleteOne(manager, stream, found.seq);
      seq = found.seq + 1;
    }
    throw new Error(`${subject} has more than ${erasedMax} messages`);
  });
}

async function deleteOne(manager: JetStreamManager, stream: string, sequence: number): Promise<void> {
  try {
    await manager.streams.deleteMessage(stream, sequence, true);
  } catch (error) {
    if (!(error instanceof JetStreamApiError && goneAlready.includes(error.code))) throw error;
  }
}
