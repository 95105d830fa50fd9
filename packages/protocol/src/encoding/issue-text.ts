/**
 * What is wrong with a field, in words of this project. Give `issueText` as `error` to a schema's `safeParse`: it says what
 * the schema has no words of its own for.
 */
import type { z } from 'zod';

type RawIssue = z.core.$ZodRawIssue;
type Issue = z.core.$ZodIssue;

const things: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  boolean: 'true or false',
  null: 'null',
};

const formats: Readonly<Record<string, string>> = { base64: 'base64', url: 'a URL', json_string: 'JSON' };

/** The wrong field, as `submissions.0.miner`; undefined where it is the whole. Unknown fields are named themselves. */
export function fieldsOf(issue: Issue): (string | undefined)[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...path, key].join('.'));
  return [path.length === 0 ? undefined : path.join('.')];
}

/** What is wrong, without the field. */
export function issueText(issue: RawIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return 'is not a known field';
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${things[issue.expected] ?? 'of another type'}`;
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}`;
    case 'invalid_format':
      return `must be ${formats[issue.format] ?? 'in another form'}`;
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return tooBig(issue);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_union':
      return 'has none of the forms that it may have';
    case 'invalid_key':
    case 'invalid_element':
      return 'has a wrong entry';
    case 'custom':
      return 'is not valid';
  }
}

function tooSmall({ origin, minimum }: { origin: string; minimum: number | bigint }): string {
  if (origin !== 'string' && origin !== 'array') return `must be at least ${minimum}`;
  if (Number(minimum) === 1) return 'is empty';
  return `has fewer than ${minimum} ${origin === 'string' ? 'characters' : 'entries'}`;
}

function tooBig({ origin, maximum }: { origin: string; maximum: number | bigint }): string {
  if (origin === 'string') return `has more than ${maximum} characters`;
  return origin === 'array' ? `has more than ${maximum} entries` : `must be at most ${maximum}`;
}
