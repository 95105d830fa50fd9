/** Answers in OpenAI's shapes, built from what the miner signed; the miner's other fields are not passed on. */
import { type AnswerDelta, deltaOf } from '@assay/sdk/answer-stream';
import type { MinerAnswer } from '../ask-miner.ts';

/** What all parts of one answer have in common. */
export interface Heading {
  /** `text`: the shape of /v1/completions. */
  readonly kind: 'chat' | 'text';
  readonly id: string;
  readonly createdSeconds: number;
  readonly model: string;
}

/** A whole answer. */
export function completionOf(heading: Heading, answer: MinerAnswer, assay: object): object {
  const { kind, id, createdSeconds, model } = heading;
  const said = kind === 'text' ? { text: answer.output } : { message: messageOf(answer) };
  return {
    id,
    object: kind === 'text' ? 'text_completion' : 'chat.completion',
    created: createdSeconds,
    model,
    choices: [{ index: 0, ...said, finish_reason: answer.finishReason, logprobs: null }],
    ...(answer.usage === undefined ? {} : { usage: answer.usage }),
    assay,
  };
}

function messageOf({ message }: MinerAnswer): object {
  const { content = null, refusal = null, tool_calls: calls } = message;
  return {
    role: 'assistant',
    content,
    refusal,
    ...(calls === undefined || calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

/** A chunk with a part of the answer. */
export function partChunk(heading: Heading, part: AnswerDelta, isFirst: boolean): object {
  const said =
    heading.kind === 'text'
      ? { text: part.content ?? '' }
      : { delta: { ...(isFirst ? { role: 'assistant' } : {}), ...part } };
  return chunk(heading, { choices: [{ index: 0, ...said, finish_reason: null, logprobs: null }] });
}

/** The chunks after all parts: why the answer ends, and what it used. */
export function endChunks(heading: Heading, { finishReason, usage }: MinerAnswer, includesUsage: boolean): object[] {
  const said = heading.kind === 'text' ? { text: '' } : { delta: {} };
  return [
    chunk(heading, { choices: [{ index: 0, ...said, finish_reason: finishReason, logprobs: null }] }),
    ...(includesUsage && usage !== undefined ? [chunk(heading, { choices: [], usage })] : []),
  ];
}

/** The chunks of a whole answer, but the last event. */
export function chunksOf(heading: Heading, answer: MinerAnswer, includesUsage: boolean): object[] {
  return [partChunk(heading, deltaOf(answer.message), true), ...endChunks(heading, answer, includesUsage)];
}

/** The last event before `[DONE]`: no choice, and what the network says. */
export function verdictChunk(heading: Heading, assay: object): object {
  return chunk(heading, { choices: [], assay });
}

function chunk({ kind, id, createdSeconds, model }: Heading, more: object): object {
  const object = kind === 'text' ? 'text_completion' : 'chat.completion.chunk';
  return { id, object, created: createdSeconds, model, ...more };
}

/** One server-sent event. */
export function eventOf(data: object | '[DONE]'): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}
