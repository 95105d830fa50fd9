/** Canonical JSON by RFC 8785 (JCS): equal values have equal digests on any machine. */
import canonicalize from 'canonicalize';
import { type Hex, keccak256, utf8 } from './bytes.ts';

/** The RFC 8785 text of a JSON value. Throws on what JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('The value has no JSON form.');
  return text;
}

/** Keccak-256 over a label and the UTF-8 bytes of the canonical JSON text. The label separates the kinds of values. */
export function canonicalDigest(label: string, value: unknown): Hex {
  return keccak256(utf8(`${label}\n${canonicalJson(value)}`));
}
