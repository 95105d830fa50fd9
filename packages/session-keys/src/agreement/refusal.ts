import type { Refusal } from '@assay/protocol/refusal';
import type { RefusalCode } from '@assay/protocol/refusal-codes';

/** A message that was refused; nothing changed. */
export interface Reject {
  readonly kind: 'reject';
  readonly refusal: Refusal;
}

/**
 * The answer to a message that is refused. Only after `message-too-early` may the same message be offered again. The
 * detail must not contain key material or content.
 */
export function rejected(code: RefusalCode, detail: string): Reject {
  return { kind: 'reject', refusal: { code, detail } };
}
