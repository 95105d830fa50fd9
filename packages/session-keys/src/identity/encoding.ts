import { concatBytes, type Hex, utf8 } from '@assay/protocol/encoding/bytes';
import { fieldsOf } from '@assay/protocol/encoding/issue-text';
import { z } from 'zod';

/** A source of random bytes: returns exactly `length` unpredictable bytes. */
export type Random = (length: number) => Uint8Array;

/** Bytes of a secp256k1 signature: r (32), s (32), v (1; 27 or 28), as `ecrecover` of the EVM takes them. */
export const SIGNATURE_SIZE = 65;

/** Bytes of an EVM address. */
export const ADDRESS_SIZE = 20;

/** Whether `value` is lower-case {@link Hex} of exactly `size` bytes. */
export function isHex(value: unknown, size: number): value is Hex {
  return typeof value === 'string' && value.length === 2 + 2 * size && /^0x[0-9a-f]*$/.test(value);
}

/** Schema of lower-case {@link Hex} of exactly `size` bytes. */
export function hexSchema(size: number): z.ZodType<Hex> {
  const pattern = new RegExp(`^0x[0-9a-f]{${2 * size}}$`, 'u');
  return z
    .string()
    .regex(pattern, `must be 0x and ${2 * size} lower-case hexadecimal digits`) as unknown as z.ZodType<Hex>;
}

/**
 * Joins parts so that different lists always give different bytes: each part is preceded by its length as an unsigned
 * 32-bit big-endian integer. A text part is encoded as UTF-8. By convention, the first part is the label that separates
 * domains.
 */
export function lengthPrefixed(parts: readonly (Uint8Array | string)[]): Uint8Array {
  const pieces = parts.flatMap((part) => {
    const bytes = typeof part === 'string' ? utf8(part) : part;
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, bytes.length);
    return [length, bytes];
  });
  return concatBytes(...pieces);
}

/**
 * Draws `length` random bytes into an array of their own.
 * @throws RangeError when the source answers with another length.
 */
export function draw(random: Random, length: number): Uint8Array {
  const bytes = Uint8Array.from(random(length));
  if (bytes.length !== length)
    throw new RangeError(`the random source gave ${bytes.length} bytes instead of ${length}`);
  return bytes;
}

/**
 * Checks the length of bytes that the caller chose.
 * @throws RangeError when it is not `size`.
 */
export function requireSize(bytes: Uint8Array, size: number, what: string): void {
  if (bytes.length !== size) throw new RangeError(`${what} must have ${size} bytes, not ${bytes.length}`);
}

/** Reads UTF-8 JSON of at most `limit` bytes; `undefined` when it is too long, not UTF-8 or not JSON. */
export function readJson(bytes: Uint8Array, limit: number): unknown {
  if (bytes.length > limit) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** The first error of a schema that was given `issueText`, as one line: where and what. */
export function complaint(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'does not fit the schema';
  const [field = 'value'] = fieldsOf(issue);
  return `${field}: ${issue.message}`;
}
