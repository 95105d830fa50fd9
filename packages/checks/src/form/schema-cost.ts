/**
 * How many steps a validator may need at most for a value under a schema. Every branch and every matching part counts, taken or not,
 * so that schemas whose parts refer to each other again and again are found before any time is spent on them.
 */
import { type AnswerSchema, partAt } from '@assay/protocol/task/answer-schema';

/** Steps of one validation, counting it: some 50 ms at most. */
const stepsMax = 50_000;
/** Steps for each character of a text that is matched with a pattern, and characters that are counted in one step. */
const stepsOfMatching = 20;
const charsInStep = 32;
/** How deep values stand in each other in an answer that is validated. */
const depthMax = 64;
/** References and branches at one place of the value. */
const branchDepthMax = 256;

const branches = ['allOf', 'anyOf', 'oneOf'] as const;
const single = ['not', 'if', 'then', 'else'] as const;
const ofElements = ['items', 'additionalItems', 'contains', 'unevaluatedItems'] as const;
const ofProperties = ['additionalProperties', 'unevaluatedProperties'] as const;

/** True if a validation ends soon. Deterministic; itself bounded by the same number of steps. */
export function isCheapToValidate(schema: AnswerSchema, value: unknown): boolean {
  let left = stepsMax;
  const spend = (steps: number): boolean => {
    left -= steps;
    return left >= 0;
  };
  const visit = (part: unknown, value: unknown, depth: number, branch: number): boolean => {
    if (depth > depthMax || branch > branchDepthMax) return false;
    if (typeof part !== 'object' || part === null) return spend(1);
    const own = part as AnswerSchema;
    if (!spend(stepsAt(own, value))) return false;
    const here = (one: unknown): boolean => one === undefined || visit(one, value, depth, branch + 1);
    const deeper = (one: unknown, inner: unknown): boolean => one === undefined || visit(one, inner, depth + 1, 0);
    return (
      (typeof own.$ref !== 'string' || here(partAt(schema, own.$ref))) &&
      single.every((name) => here(own[name])) &&
      branches.every((name) => listOf(own[name]).every(here)) &&
      [...valuesOf(own.dependentSchemas), ...valuesOf(own.dependencies)].every(here) &&
      (Array.isArray(value) ? elements(own, value, deeper, spend) : true) &&
      (isRecord(value) ? properties(own, value, deeper) : true)
    );
  };
  return visit(schema, value, 0, 0);
}

/** Steps for what a part says of a value itself. */
function stepsAt(own: AnswerSchema, value: unknown): number {
  const named = sizeOf(own.enum) + sizeOf(own.required) + keysOf(own.properties).length;
  const chars = typeof value === 'string' ? value.length : keysOf(value).join('').length;
  const patterns = (own.pattern === undefined ? 0 : 1) + keysOf(own.patternProperties).length;
  return 1 + named + Math.ceil(chars / charsInStep) + patterns * chars * stepsOfMatching;
}

type Visit = (part: unknown, inner: unknown) => boolean;

function elements(own: AnswerSchema, value: readonly unknown[], deeper: Visit, spend: (steps: number) => boolean) {
  // Elements are compared in pairs.
  if (own.uniqueItems === true && !spend(value.length * value.length)) return false;
  const inOrder = [...listOf(own.prefixItems), ...listOf(own.items)];
  return (
    inOrder.every((part, at) => at >= value.length || deeper(part, value[at])) &&
    ofElements.every(
      (name) => own[name] === undefined || Array.isArray(own[name]) || value.every((one) => deeper(own[name], one)),
    )
  );
}

function properties(own: AnswerSchema, value: Readonly<Record<string, unknown>>, deeper: Visit): boolean {
  const named = isRecord(own.properties) ? own.properties : {};
  const entries = Object.entries(value);
  return (
    entries.every(([name, inner]) => !Object.hasOwn(named, name) || deeper(named[name], inner)) &&
    valuesOf(own.patternProperties).every((part) => entries.every(([, inner]) => deeper(part, inner))) &&
    ofProperties.every((name) => own[name] === undefined || entries.every(([, inner]) => deeper(own[name], inner))) &&
    (own.propertyNames === undefined || entries.every(([name]) => deeper(own.propertyNames, name)))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function keysOf(value: unknown): string[] {
  return isRecord(value) ? Object.keys(value) : [];
}

function valuesOf(value: unknown): unknown[] {
  return isRecord(value) ? Object.values(value) : [];
}

function sizeOf(value: unknown): number {
  return listOf(value).length;
}
