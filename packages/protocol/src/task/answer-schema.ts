/**
 * The JSON Schema that a task's answers must fit. Here is what makes one acceptable at all: small, and whole in itself. Whether it
 * is a valid schema, a schema library tells (`@assay/checks/form/answer-schema`).
 */
import { z } from 'zod';
import { canonicalJson } from '../encoding/canonical.ts';
import { limits } from '../limits.ts';

/** A JSON Schema, draft 2020-12 or draft-07 (by `$schema`; 2020-12 without it). */
export type AnswerSchema = Readonly<Record<string, unknown>>;

/** Why a schema is refused, in words behind a field's name; undefined for one that can be used. Linear. */
export function answerSchemaFault(schema: AnswerSchema): string | undefined {
  let text: string;
  try {
    text = canonicalJson(schema);
  } catch {
    return 'has a value without JSON form';
  }
  if (new TextEncoder().encode(text).length > limits.answerSchemaBytesMax)
    return `is longer than ${limits.answerSchemaBytesMax} bytes`;
  const { $schema } = schema;
  if ($schema !== undefined && !(typeof $schema === 'string' && dialects.has($schema.replace(/#$/u, ''))))
    return 'names a dialect in $schema other than draft 2020-12 and draft-07';
  return faultIn(schema, schema, 0);
}

/** The values of `$schema` that are known, without a `#` at the end. */
const dialects = new Set([
  'https://json-schema.org/draft/2020-12/schema',
  'http://json-schema.org/draft-07/schema',
  'https://json-schema.org/draft-07/schema',
]);

/** Keywords that give a part another base or name, or look one up while validating. A pointer from the top does for them all. */
const named = ['$id', 'id', '$anchor', '$dynamicRef', '$dynamicAnchor', '$recursiveRef', '$recursiveAnchor'];
/** Keywords whose objects have names of the client's choice as keys. */
const byName = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies']);
/** Keywords whose values are data and no schemas. */
const data = new Set(['const', 'enum', 'default', 'examples', 'required', 'dependentRequired', 'type']);

function faultIn(part: unknown, root: AnswerSchema, depth: number): string | undefined {
  if (depth > limits.answerSchemaDepthMax) return `is deeper than ${limits.answerSchemaDepthMax} levels`;
  if (Array.isArray(part)) return firstFault(part, root, depth);
  if (typeof part !== 'object' || part === null) return undefined;
  const keyword = named.find((name) => typeof (part as AnswerSchema)[name] === 'string');
  if (keyword !== undefined && !(part === root && (keyword === '$id' || keyword === 'id')))
    return `has ${keyword}; refer to parts by $ref with a pointer such as "#/$defs/item"`;
  for (const [name, value] of Object.entries(part)) {
    if (data.has(name)) continue;
    if (name === '$ref' && (typeof value !== 'string' || partAt(root, value) === undefined))
      return 'has a $ref that is no pointer into the schema itself, such as "#/$defs/item"';
    const parts = byName.has(name) && typeof value === 'object' && value !== null ? Object.values(value) : value;
    const fault = faultIn(parts, root, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function firstFault(parts: readonly unknown[], root: AnswerSchema, depth: number): string | undefined {
  for (const part of parts) {
    const fault = faultIn(part, root, depth);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** The part that a `$ref` of the form `#` or `#/…` points to; undefined for any other. */
export function partAt(root: AnswerSchema, ref: string): unknown {
  if (ref === '#') return root;
  if (!ref.startsWith('#/')) return undefined;
  let part: unknown = root;
  for (const step of ref.slice(2).split('/')) {
    const name = stepName(step);
    if (name === undefined || typeof part !== 'object' || part === null || !Object.hasOwn(part, name)) return undefined;
    part = (part as AnswerSchema)[name];
  }
  return part;
}

function stepName(step: string): string | undefined {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return undefined;
  }
}

/** Schema of the field. */
export const answerSchemaField = z.record(z.string(), z.unknown()).superRefine((schema, context) => {
  const message = answerSchemaFault(schema);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});
