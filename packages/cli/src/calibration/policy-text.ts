/**
 * A policy file's text: one line for each parameter, and lists on one line if they fit, like this project's formatter.
 */
import type { OpenPolicy } from '@assay/protocol/policy/stated-checks';

const columnsMax = 120;

/** The text of a policy file. The same policies have the same text. */
export function policiesText(policies: readonly OpenPolicy[]): string {
  return `${textOf(policies, '', 0)}\n`;
}

/** `before` is the number of columns already used on the line. */
function textOf(value: unknown, indent: string, before: number): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const line = `[${value.map((one) => JSON.stringify(one)).join(', ')}]`;
    const isPlain = value.every((one) => typeof one !== 'object' || one === null);
    // One more column for the comma that may follow.
    if (isPlain && before + line.length < columnsMax) return line;
    return `[\n${value.map((one) => inner + textOf(one, inner, inner.length)).join(',\n')}\n${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  if (entries.length === 0) return '{}';
  const lines = entries.map(([name, one]) => {
    const key = `${inner}${JSON.stringify(name)}: `;
    return key + textOf(one, inner, key.length);
  });
  return `{\n${lines.join(',\n')}\n${indent}}`;
}
