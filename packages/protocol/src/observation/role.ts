/**
 * The list of roles. A role is a way to look at a submission and has one module. Everything else derives from this
 * list.
 */
import type { RoleDefinition } from './role-definition.ts';
import { checksum } from './roles/checksum.ts';
import { embedding } from './roles/embedding.ts';
import { inference } from './roles/inference.ts';
import { llmJudge } from './roles/llm-judge.ts';
import { semantic } from './roles/semantic.ts';

/** Every role in the order of its index, which is signed (`uint8 role`): a new one comes last. */
const definitions = [checksum, embedding, semantic, inference, llmJudge] as const;

type Definition = (typeof definitions)[number];

/** A way to look at a submission, by name. */
export type Role = Definition['name'];

/** A role's definition with its exact types. */
export type DefinitionOf<R extends Role> = Extract<Definition, { readonly name: R }>;

/** The roles that every policy has rules for. */
export type RoleInEveryPolicy = Extract<Definition, { readonly inEveryPolicy: true }>['name'];

/** The names of all roles, in the order of their index. */
export const roles: readonly [Role, ...Role[]] = namesOf(definitions);

function namesOf([first, ...rest]: readonly [Definition, ...Definition[]]): [Role, ...Role[]] {
  return [first.name, ...rest.map(({ name }) => name)];
}

const byName = new Map<Role, RoleDefinition>(definitions.map((one) => [one.name, one]));

/** The definition of a role. */
export function definitionOf(role: Role): RoleDefinition {
  const definition = byName.get(role);
  if (definition === undefined) throw new RangeError(`There is no role "${role}".`);
  return definition;
}

/** The number of a role in signed data. */
export function roleIndex(role: Role): number {
  return definitionOf(role).index;
}

/** The service that is a validator of a role: a folder of `services/`. */
export function serviceOf(role: Role): string {
  return definitionOf(role).service;
}

/** One value for each role. */
export function byRole<T>(make: (role: Role) => T): { readonly [R in Role]: T } {
  return Object.fromEntries(roles.map((role) => [role, make(role)])) as { readonly [R in Role]: T };
}

/** One value for each role that every policy has, and for any other role that was measured. */
export type ByRole<T> = { readonly [R in RoleInEveryPolicy]: T } & { readonly [R in Role]?: T | undefined };

/** True for roles that every policy has rules for. */
export function isInEveryPolicy(role: Role): boolean {
  return definitionOf(role).inEveryPolicy;
}
