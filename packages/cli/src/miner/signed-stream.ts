/** A miner's answer as a stream: the model's chunks as they come, and at the end the signature over what they make. */
import { deltaOf, MessageSoFar } from '@assay/sdk/answer-stream';
import type { AnswerMessage } from '@assay/sdk/miner-answer';
import type { Chunk, Completion, Model, StreamingModel } from './model-port.ts';

/** A model that answers in one part. */
export function inOnePart(model: Model): StreamingModel {
  return async function* (request, signal) {
    yield* chunksOfWhole(await model(request, signal));
  };
}

/** A whole answer as chunks. */
export function chunksOfWhole({ choices, usage, ...heading }: Completion): Chunk[] {
  const [choice] = choices;
  const chunk = { ...heading, object: 'chat.completion.chunk' };
  const delta = choice === undefined ? {} : deltaOf(choice.message);
  return [
    { ...chunk, choices: [{ index: 0, delta, finish_reason: null }] },
    { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: choice?.finish_reason }] },
    ...(usage === undefined ? [] : [{ ...chunk, choices: [], usage }]),
  ];
}

/**
 * The events of an answer. Rejects if the model has none; where it breaks off later, the last event is an error and there
 * is no signature.
 */
export async function signedEvents(
  chunks: AsyncIterable<Chunk>,
  sign: (message: AnswerMessage) => Promise<object>,
): Promise<AsyncGenerator<string>> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) throw new Error('The model returned no text.');
  return eventsOfChunks(iterator, first.value, sign);
}

async function* eventsOfChunks(
  iterator: AsyncIterator<Chunk>,
  first: Chunk,
  sign: (message: AnswerMessage) => Promise<object>,
): AsyncGenerator<string> {
  const soFar = new MessageSoFar();
  try {
    for (let chunk = first; ; ) {
      const [choice] = chunk.choices;
      if (choice !== undefined && !soFar.add(choice.delta)) throw new Error('The answer is too long.');
      yield eventOf(chunk);
      const next = await iterator.next();
      if (next.done === true) break;
      chunk = next.value;
    }
    const { message } = soFar;
    if (message === undefined) throw new Error('The answer is malformed.');
    yield `${eventOf({ object: 'chat.completion.chunk', choices: [], assay: await sign(message) })}${eventOf('[DONE]')}`;
  } catch {
    // The upstream's words may hold content.
    yield eventOf({
      error: {
        message: 'The model behind this miner stopped in the middle of its answer.',
        type: 'server_error',
        code: null,
      },
    });
  } finally {
    await iterator.return?.();
  }
}

function eventOf(data: object | string): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}
