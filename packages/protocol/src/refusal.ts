/** Refusals are values: a violated rule is returned, not thrown. */
import type { RefusalCode } from './refusal-codes.ts';

/** Why something was refused: a code for machines, a sentence for people, and the field if there is one. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly detail: string;
  readonly field?: string;
}

/** A value, or the reason why there is none. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** A value that passed. */
export function accepted<T>(value: T): Checked<T> {
  return { ok: true, value };
}

const detailCharsMax = 500;

/** A refusal with its code, a sentence, and the wrong field. */
export function refused(
  code: RefusalCode,
  detail: string,
  field?: string,
): { readonly ok: false; readonly refusal: Refusal } {
  const short = detail.length > detailCharsMax ? `${detail.slice(0, detailCharsMax)}…` : detail;
  return { ok: false, refusal: field === undefined ? { code, detail: short } : { code, detail: short, field } };
}
