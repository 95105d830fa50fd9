/**
 * Does an answer's JSON fit the schema that its task carries? Ajv decides, in time that is bounded whatever schema and answer are:
 * patterns are matched by RE2, and a validation that could take long is not begun.
 */

import { canonicalJson } from '@assay/protocol/encoding/canonical';
import { errorText } from '@assay/protocol/error-text';
import { type AnswerSchema, answerSchemaFault } from '@assay/protocol/task/answer-schema';
import { Ajv, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { boundedPattern } from './bounded-pattern.ts';
import { isCheapToValidate } from './schema-cost.ts';

/** What a schema says of one answer. */
export type SchemaFinding =
  | { readonly fits: true }
  /** `where` is a JSON pointer into the answer, or empty; `what` says what is wrong there, without the answer's words. */
  | { readonly fits: false; readonly where: string; readonly what: string }
  /** Nobody can tell: the schema cannot be used, or it would take too long. */
  | { readonly fits: undefined; readonly what: string };

/** `format` is an annotation. Keywords that Ajv does not know are, too. */
const options = {
  strict: false,
  inlineRefs: false,
  validateFormats: false,
  ownProperties: true,
  logger: false,
  addUsedSchema: false,
  code: { regExp: Object.assign(boundedPattern, { code: 'boundedPattern' }) },
} as const satisfies Options;

/** Why a schema cannot be used, in words behind a field's name; undefined for one that can. Time is bounded. */
export function schemaFault(schema: AnswerSchema): string | undefined {
  return answerSchemaFault(schema) ?? validatorOf(schema).fault;
}

/** Whether a text holds JSON that fits a schema: the whole text, a block of code in it, or what stands between its outermost brackets. */
export function fitsSchema(schema: AnswerSchema, text: string): SchemaFinding {
  const { validate, fault } = validatorOf(schema);
  if (validate === undefined) return { fits: undefined, what: `the task's schema ${fault}` };
  const found = jsonIn(text);
  if (found === undefined) return { fits: false, where: '', what: 'there is no JSON' };
  if (!isCheapToValidate(schema, found.value)) return { fits: undefined, what: 'it would take too long to validate' };
  if (validate(found.value)) return { fits: true };
  const [error] = validate.errors ?? [];
  return { fits: false, where: error?.instancePath ?? '', what: error?.message ?? 'it does not fit' };
}

interface Validator {
  readonly validate?: ValidateFunction;
  readonly fault?: string;
}

/** The schemas used last: the check of a task asks once for each answer. */
const validators = new Map<string, Validator>();
const validatorsMax = 16;

function validatorOf(schema: AnswerSchema): Validator {
  const key = canonicalJson(schema);
  const known = validators.get(key);
  if (known !== undefined) return known;
  if (validators.size >= validatorsMax) validators.clear();
  const made = compiled(schema);
  validators.set(key, made);
  return made;
}

function compiled(schema: AnswerSchema): Validator {
  const fault = answerSchemaFault(schema);
  if (fault !== undefined) return { fault };
  try {
    const isOlder = typeof schema.$schema === 'string' && schema.$schema.includes('draft-07');
    const { $schema: _dialect, $id: _base, id: _name, ...rest } = schema;
    return { validate: isOlder ? new Ajv(options).compile(rest) : new Ajv2020(options).compile(rest) };
  } catch (error) {
    return { fault: `is not a schema that can be used: ${errorText(error)}` };
  }
}

/** The first part of a text that is JSON. A number, a word in quotes, true, false or null counts only as the whole text. */
function jsonIn(text: string): { readonly value: unknown } | undefined {
  const blocks = [...text.matchAll(/```[a-z]*\n([\s\S]*?)```/giu)].slice(0, 16).map((match) => match[1] ?? '');
  const starts = [text.indexOf('{'), text.indexOf('[')].filter((at) => at >= 0);
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'));
  const outer = starts.length === 0 ? '' : text.slice(Math.min(...starts), end + 1);
  for (const part of [text, ...blocks, outer]) {
    try {
      return { value: JSON.parse(part) as unknown };
    } catch {
      // The next part may be.
    }
  }
  return undefined;
}
