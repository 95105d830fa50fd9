/** Converts between NATS's messages and the port's. */
import type { BusMessage, Headers } from '@assay/protocol/ports';
import type { StoredMsg } from '@nats-io/jetstream';
import { type Msg, type MsgHdrs, headers as newHeaders } from '@nats-io/transport-node';

/** Header that carries a message's id. */
export const messageIdHeader = 'Nats-Msg-Id';

/** The last sequence that the publisher expected on the subject; the server stored the message because it matched. */
export const expectedLastHeader = 'Nats-Expected-Last-Subject-Sequence';

/** The delivery information in a message's reply subject: `$JS.ACK.…`, in its form before and after NATS 2.10. */
export interface DeliveryInfo {
  readonly deliveryCount: number;
  readonly streamSequence: number;
  readonly consumerSequence: number;
  readonly timestampMs: number;
  readonly pending: number;
}

/** Reads the reply subject of a delivered message. Throws for any other subject. */
export function deliveryInfoOf(message: Msg): DeliveryInfo {
  const tokens = (message.reply ?? '').split('.');
  const start = tokens.length === 9 ? 4 : 6;
  const [count, stream, consumer, nanos, pending] = tokens.slice(start, start + 5);
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || nanos === undefined) {
    throw new Error(
      `A message on ${message.subject} did not come from a consumer: its reply subject is "${message.reply ?? ''}".`,
    );
  }
  return {
    deliveryCount: Number(count),
    streamSequence: Number(stream),
    consumerSequence: Number(consumer),
    // Nanoseconds since 1970: without the last six digits, milliseconds.
    timestampMs: Number(nanos.slice(0, -6)),
    pending: Number(pending ?? 0),
  };
}

/** A delivered message in the port's form. */
export function toBusMessage(message: Msg, info: DeliveryInfo): BusMessage {
  return {
    subject: message.subject,
    data: message.data,
    headers: fromNatsHeaders(message.headers),
    sequence: info.streamSequence,
    timestampMs: info.timestampMs,
    ...firstBy(message.headers),
  };
}

/** A message read from a stream, in the port's form. */
export function storedToBusMessage(message: StoredMsg): BusMessage {
  return {
    subject: message.subject,
    data: message.data,
    headers: fromNatsHeaders(message.header),
    sequence: message.seq,
    timestampMs: message.time.getTime(),
    ...firstBy(message.header),
  };
}

/**
 * By the one header with this name: a second one with a longer name makes a server expect the sequence on another subject
 * (from NATS 2.11 on), or overlook the first.
 */
function firstBy(headers: MsgHdrs | undefined): Pick<BusMessage, 'isFirst'> {
  const named = headers?.keys().filter((name) => name.includes(expectedLastHeader)) ?? [];
  const isAlone = named.length === 1 && headers?.values(expectedLastHeader).length === 1;
  return isAlone && headers.get(expectedLastHeader) === '0' ? { isFirst: true } : {};
}

/** Headers without those that client and server use between them. */
export function fromNatsHeaders(headers: MsgHdrs | undefined): Headers {
  const plain: Record<string, string> = {};
  for (const name of headers?.keys() ?? []) {
    if (!name.startsWith('Nats-') || name === messageIdHeader) plain[name] = headers?.get(name) ?? '';
  }
  return plain;
}

/** Headers as NATS wants them. */
export function toNatsHeaders(headers: Headers | undefined): MsgHdrs {
  const made = newHeaders();
  for (const [name, value] of Object.entries(headers ?? {})) made.set(name, value);
  return made;
}
