import { type Refusal, refused as refusedByCode } from '@assay/protocol/refusal';

/** Why a session message was refused. Retry the same message only after `too-early`. */
export type AgreementRefusalCode =
  | 'bad-confirmation'
  | 'bad-signature'
  | 'commitment-mismatch'
  | 'conflicting-message'
  | 'contribution-mismatch'
  | 'contribution-unreadable'
  | 'delivery-unreadable'
  | 'from-self'
  | 'identities-not-distinct'
  | 'identity-malformed'
  | 'key-hash-mismatch'
  | 'low-order-point'
  | 'message-malformed'
  | 'message-too-large'
  | 'non-canonical-point'
  | 'secret-does-not-fit'
  | 'session-closed'
  | 'state-malformed'
  | 'too-early'
  | 'transcript-mismatch'
  | 'unknown-identity'
  | 'wrong-coordinator'
  | 'wrong-epoch'
  | 'wrong-method'
  | 'wrong-round'
  | 'wrong-sender'
  | 'wrong-session';

/** Why sealed content, a grant or a wrapped state was refused. */
export type SealRefusalCode =
  | 'blob-malformed'
  | 'blob-too-large'
  | 'content-not-asked-for'
  | 'content-not-authentic'
  | 'grant-for-another-request'
  | 'grant-malformed'
  | 'grant-not-authentic'
  | 'request-malformed'
  | 'wrapped-state-malformed'
  | 'wrapped-state-not-authentic'
  | 'wrong-config'
  | 'wrong-content-key';

/** Every refusal code of this package. */
export type RefusalCode = AgreementRefusalCode | SealRefusalCode;

/** A message that was refused; nothing changed. */
export interface Reject {
  readonly kind: 'reject';
  readonly refusal: Refusal;
}

/** A refusal with a code of this package. The detail never contains key material or content. */
export function refused(code: RefusalCode, detail: string): { readonly ok: false; readonly refusal: Refusal } {
  return refusedByCode(code, detail);
}

/** The answer to a message that is refused. */
export function rejected(code: RefusalCode, detail: string): Reject {
  return { kind: 'reject', refusal: { code, detail } };
}
