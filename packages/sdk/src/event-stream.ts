/** Server-sent events of a response, with bounds. */
import { createParser } from 'eventsource-parser';

/** A stream is longer than its reader takes, or is no text. */
export class EventStreamError extends Error {
  override readonly name = 'EventStreamError';
  readonly code: 'too-long' | 'malformed';

  constructor(code: 'too-long' | 'malformed') {
    super(code);
    this.code = code;
  }
}

/**
 * The data of each event of a body, as they come. An event that the body breaks off in is left out. Throws
 * {@link EventStreamError} if the body has more than `bytesMax` bytes, an event more than `eventCharsMax` characters, or
 * if it is not UTF-8; rejects as the body does.
 */
export async function* eventsOf(
  body: AsyncIterable<Uint8Array> | null,
  { bytesMax, eventCharsMax }: { readonly bytesMax: number; readonly eventCharsMax: number },
): AsyncGenerator<string> {
  const waiting: string[] = [];
  let isTooLong = false;
  const parser = createParser({
    maxBufferSize: eventCharsMax,
    onEvent: ({ data }) => void waiting.push(data),
    onError: ({ type }) => {
      isTooLong ||= type === 'max-buffer-size-exceeded';
    },
  });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const textOf = (part: Uint8Array) => {
    try {
      return decoder.decode(part, { stream: true });
    } catch {
      throw new EventStreamError('malformed');
    }
  };
  let bytes = 0;
  if (body === null) return;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > bytesMax) throw new EventStreamError('too-long');
    parser.feed(textOf(part));
    if (isTooLong) throw new EventStreamError('too-long');
    yield* waiting.splice(0);
  }
}
