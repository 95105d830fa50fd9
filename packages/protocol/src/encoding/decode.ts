/** Decodes bytes to a validated message. Everything that comes from outside passes through here. */
import type { z } from 'zod';
import { limits } from '../limits.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import { fieldsOf, issueText } from './issue-text.ts';

/** Created once: it keeps no state between two messages, and creating it is expensive. */
const utf8Text = new TextDecoder('utf-8', { fatal: true });
const utf8Bytes = new TextEncoder();

/**
 * Parses a value with a schema. The refusal names the first wrong field and what it must be; `name` is that of the value
 * itself.
 */
export function checkShape<T>(schema: z.ZodType<T, unknown>, value: unknown, name = '(whole)'): Checked<T> {
  const parsed = schema.safeParse(value, { error: issueText });
  if (parsed.success) return accepted(parsed.data);
  const [issue] = parsed.error.issues;
  const [field = name] = issue === undefined ? [] : fieldsOf(issue);
  return refused('malformed', `${field}: ${issue?.message ?? 'is not valid'}`, field);
}

/** Decodes one bus message: size, UTF-8, JSON, schema. Never throws. */
export function decodeMessage<T>(schema: z.ZodType<T, unknown>, bytes: Uint8Array): Checked<T> {
  if (bytes.length > limits.messageBytesMax) {
    return refused('too-long', `The message has ${bytes.length} bytes; the limit is ${limits.messageBytesMax}.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(utf8Text.decode(bytes));
  } catch {
    return refused('malformed', 'The message is not JSON in UTF-8.');
  }
  return checkShape(schema, value);
}

/** Encodes one bus message as JSON in UTF-8. */
export function encodeMessage(value: unknown): Uint8Array {
  return utf8Bytes.encode(JSON.stringify(value));
}
