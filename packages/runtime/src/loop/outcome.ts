/** A handler's outcome for a message: three kinds, each with a code. The loops map them to ack and term. */
import type { Refusal } from '@assay/protocol/refusal';

/**
 * accept: the effect is published. ignore: nothing to do. reject: the message can never be handled and becomes a dead
 * letter.
 */
export type Outcome =
  | { readonly kind: 'accept'; readonly code: string }
  | { readonly kind: 'ignore'; readonly code: string }
  | { readonly kind: 'reject'; readonly refusal: Refusal };

/** The effect is published. */
export function accept(code = 'done'): Outcome {
  return { kind: 'accept', code };
}

/** Nothing to do, as expected: a repeat, or another process's work. */
export function ignore(code: string): Outcome {
  return { kind: 'ignore', code };
}

/** The message can never be handled. */
export function reject(refusal: Refusal): Outcome {
  return { kind: 'reject', refusal };
}

/** The code of an outcome, for metrics and spans. */
export function codeOf(outcome: Outcome): string {
  return outcome.kind === 'reject' ? outcome.refusal.code : outcome.code;
}
