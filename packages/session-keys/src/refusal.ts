/** Why a session message was refused. Only `too-early` is worth another try with the same message. */
export type AgreementRefusalCode =
  | 'bad-confirmation'
  | 'bad-signature'
  | 'conflicting-message'
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
  | 'state-malformed'
  | 'too-early'
  | 'transcript-mismatch'
  | 'unknown-identity'
  | 'wrong-coordinator'
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

/** Why something was refused: a code for programs and a detail for people. It never holds key material or content. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly detail: string;
}

/** A value, or why there is none. Exceptions are kept for broken arguments and broken machines. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** A message that was refused; nothing changed. */
export interface Reject {
  readonly kind: 'reject';
  readonly refusal: Refusal;
}

/** A value that passed. */
export function accepted<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** No value, and why. */
export function refused(code: RefusalCode, detail: string): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { code, detail } };
}

/** The answer to a message that is refused. */
export function rejected(code: RefusalCode, detail: string): Reject {
  return { kind: 'reject', refusal: { code, detail } };
}
