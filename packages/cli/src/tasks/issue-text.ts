/** What is wrong with a field, in the words of this project where the schema gives none of its own. Pure. */
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

const things: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'an object',
  boolean: 'true or false',
};

/** The wrong field, as `submissions.0.miner`; undefined where it is the whole. An unknown field is named itself. */
export function fieldsOf(issue: Issue): (string | undefined)[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...path, key].join('.'));
  return [path.length === 0 ? undefined : path.join('.')];
}

/** What is wrong, without the field. `reportInput` must have been set. */
export function issueText(issue: Issue): string {
  if (issue.code === 'unrecognized_keys') return 'is not a known field';
  if (issue.code === 'invalid_type')
    return issue.input === undefined ? 'is missing' : `must be ${things[issue.expected] ?? issue.expected}`;
  if (issue.code === 'too_small')
    return Number(issue.minimum) === 1 && issue.origin !== 'number' ? 'is empty' : `must be at least ${issue.minimum}`;
  if (issue.code !== 'too_big') return issue.message;
  if (issue.origin === 'string') return `has more than ${issue.maximum} characters`;
  return issue.origin === 'array' ? `has more than ${issue.maximum} entries` : `must be at most ${issue.maximum}`;
}
