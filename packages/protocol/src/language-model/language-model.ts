/** The port of a language model: how likely a given text is after a context, and text that it writes itself. */
import type { Hex } from '../encoding/bytes.ts';

/** A text to score: how likely is each of its tokens after the context and the tokens before it? */
export interface ScoreRequest {
  /** What the model reads first, with its own marks for turns. */
  readonly context: string;
  readonly text: string;
}

/**
 * One token of a scored text. Log-probabilities are natural ones at temperature 1 in thousandths, whole numbers up to
 * 0: two back ends differ in the digits after that, and a sum over a text does not need them.
 */
export interface ScoredToken {
  readonly logprob: number;
  /**
   * Log-probabilities of the most likely tokens of this place, the most likely one first, at most
   * {@link LanguageModel.likeliestMax}. Entropy, variance, rank and margin follow from them, see
   * `token-distribution.ts`.
   */
  readonly likeliest: readonly number[];
}

/**
 * Why a model has no answer. The first five: there is none, and it may come another time. The others: there is one, and
 * it is not believed.
 */
export const modelFaults = [
  'unreachable',
  'timed-out',
  'refused',
  'out-of-budget',
  'too-long',
  'malformed',
  'wrong-model',
  'not-the-text',
  'impossible-numbers',
] as const;

export type ModelFault = (typeof modelFaults)[number];

/** An answer, or why there is none. */
export type ModelAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: ModelFault };

/** What to write. */
export interface GenerateRequest {
  readonly context: string;
  readonly tokensMax: number;
  /** Thousandths; 0: always the most likely token. */
  readonly temperatureMilli: number;
  readonly seed?: number;
}

/** What the model wrote. */
export interface GeneratedText {
  readonly text: string;
  /** Whether the model ended it; else it reached `tokensMax`. */
  readonly isEnded: boolean;
}

/** A language model with known weights, wherever it runs. Methods reject only when their signal aborts. */
export interface LanguageModel {
  /** The digest of its weights, as tasks and policies name it. */
  readonly modelDigest: Hex;
  /** Log-probabilities of other tokens that it gives for each place. */
  readonly likeliestMax: number;
  /** Whether it may read sealed content: it runs on this machine, or its operator marked it as its own. */
  readonly isOwn: boolean;
  /** The tokens of each text, in order. Texts are scored together as far as the back end can. */
  score(requests: readonly ScoreRequest[], signal?: AbortSignal): Promise<ModelAnswer<readonly ScoredToken[]>[]>;
  generate(request: GenerateRequest, signal?: AbortSignal): Promise<ModelAnswer<GeneratedText>>;
  close(): Promise<void>;
}

/** The faults for which another try may help. */
export function isTransient(fault: ModelFault): boolean {
  return fault === 'unreachable' || fault === 'timed-out' || fault === 'refused' || fault === 'out-of-budget';
}
