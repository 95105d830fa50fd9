/** The port of a chat model that answers in a given form. */
import type { Hex } from '../encoding/bytes.ts';
import type { ModelAnswer } from './language-model.ts';

/** What to ask. The answer is taken at temperature 0. */
export interface ChatRequest {
  readonly system: string;
  readonly user: string;
  /** JSON schema of the answer. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly tokensMax: number;
}

/** What the model said. */
export interface ChatReply {
  readonly text: string;
  /** `cut`: it reached `tokensMax`. `refused`: the model or its server declined. */
  readonly ending: 'whole' | 'cut' | 'refused';
}

/** A reply, or why there is none, and what it cost. */
export interface ChatAnswer {
  readonly answer: ModelAnswer<ChatReply>;
  /** Tokens by the server's count, or a quarter of the bytes; 0 where nothing was sent. */
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** A chat model, wherever it runs. */
export interface ChatModel {
  /** The digest of its weights, as policies name it. */
  readonly modelDigest: Hex;
  /** Whether it may read sealed content: it runs on this machine, or its operator marked it as its own. */
  readonly isOwn: boolean;
  ask(request: ChatRequest): Promise<ChatAnswer>;
}
