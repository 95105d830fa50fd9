/** Answers in OpenAI's shape, built from what the miner signed; the miner's other fields are not passed on. */
import type { MinerAnswer } from './ask-miner.ts';

/** What all parts of one answer have in common. */
export interface Heading {
  readonly id: string;
  readonly createdSeconds: number;
  readonly model: string;
}

/** A whole answer. */
export function completionOf({ id, createdSeconds, model }: Heading, answer: MinerAnswer, assay: object): object {
  const { content = null, refusal = null, tool_calls: calls } = answer.message;
  const message = {
    role: 'assistant',
    content,
    refusal,
    ...(calls === undefined || calls.length === 0 ? {} : { tool_calls: calls }),
  };
  return {
    id,
    object: 'chat.completion',
    created: createdSeconds,
    model,
    choices: [{ index: 0, message, finish_reason: answer.finishReason, logprobs: null }],
    ...(answer.usage === undefined ? {} : { usage: answer.usage }),
    assay,
  };
}

/** The chunks of an answer, but the last event. */
export function chunksOf(heading: Heading, answer: MinerAnswer, includesUsage: boolean): object[] {
  const { content, refusal, tool_calls: calls } = answer.message;
  const delta = {
    role: 'assistant',
    content: content ?? null,
    ...(typeof refusal === 'string' ? { refusal } : {}),
    ...(calls === undefined || calls.length === 0
      ? {}
      : { tool_calls: calls.map((one, index) => ({ index, ...one })) }),
  };
  const choice = (part: object, reason: string | null) => ({
    choices: [{ index: 0, delta: part, finish_reason: reason, logprobs: null }],
  });
  return [
    chunk(heading, choice(delta, null)),
    chunk(heading, choice({}, answer.finishReason)),
    ...(includesUsage && answer.usage !== undefined ? [chunk(heading, { choices: [], usage: answer.usage })] : []),
  ];
}

/** The last event before `[DONE]`: no choice, and what the network says. */
export function verdictChunk(heading: Heading, assay: object): object {
  return chunk(heading, { choices: [], assay });
}

function chunk({ id, createdSeconds, model }: Heading, more: object): object {
  return { id, object: 'chat.completion.chunk', created: createdSeconds, model, ...more };
}

/** One server-sent event. */
export function eventOf(data: object | '[DONE]'): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}
