/** What a handler says of a message: three answers, each with a code in words. The loops turn them into ack and term. */
import type { Refusal } from '@assay/protocol/refusal';

/** accept: the effect is out. ignore: nothing to do. reject: it can never be handled and becomes a dead letter. */
export type Outcome =
  | { readonly kind: 'accept'; readonly code: string }
  | { readonly kind: 'ignore'; readonly code: string }
  | { readonly kind: 'reject'; readonly refusal: Refusal };

/** The effect is out. */
export function accept(code = 'done'): Outcome {
  return { kind: 'accept', code };
}

/** Nothing to do, and that is right: a repeat, or work of somebody else. */
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
