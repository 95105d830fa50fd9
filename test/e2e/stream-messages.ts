/** Reads all messages on the streams of a network. */

import type { StreamName } from '@assay/protocol/bus/subjects';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import type { Bus, BusMessage } from '@assay/protocol/ports';
import { z } from 'zod';
import { eventually, within } from '../integration/eventually.ts';

/** Every message in a stream now. */
export async function messagesOf(bus: Bus, stream: StreamName): Promise<BusMessage[]> {
  const last = await bus.lastSequence(stream);
  const done = new AbortController();
  const read = async () => {
    const messages: BusMessage[] = [];
    if (last === 0) return messages;
    for await (const message of bus.follow(stream, {}, done.signal)) {
      messages.push(message);
      if (message.sequence >= last) break;
    }
    return messages;
  };
  try {
    return await within(`all ${last} messages of ${stream}`, read());
  } finally {
    done.abort();
  }
}

/** Every message of a stream, decoded; those that do not match the schema are left out. */
export async function decodedMessagesOf<T>(bus: Bus, stream: StreamName, schema: z.ZodType<T, unknown>): Promise<T[]> {
  const messages = await messagesOf(bus, stream);
  return messages.flatMap((message) => {
    const decoded = decodeMessage(schema, message.data);
    return decoded.ok ? [decoded.value] : [];
  });
}

const deadLetterSchema = z.object({
  stream: z.string(),
  subject: z.string(),
  sequence: z.number(),
  code: z.string(),
  detail: z.string(),
  field: z.string().optional(),
  service: z.string(),
});

/** The dead letters of one refused message. */
export async function deadLettersOf(bus: Bus, stream: StreamName, sequence: number) {
  const letters = await decodedMessagesOf(bus, 'DEAD', deadLetterSchema);
  return letters.filter((one) => one.stream === stream && one.sequence === sequence);
}

/** The dead letter of a refused message with a code, once it exists. */
export async function deadLetter(bus: Bus, stream: StreamName, sequence: number, code: string) {
  return eventually(`a dead letter "${code}" for message ${sequence} of ${stream}`, async () => {
    const letters = await deadLettersOf(bus, stream, sequence);
    return letters.find((one) => one.code === code);
  });
}
