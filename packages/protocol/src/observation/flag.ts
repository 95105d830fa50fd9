/**
 * Flags: findings of a check besides its score. One bit each, 32 bits for each role, named by the roles' definitions.
 */
import { byRole, type DefinitionOf, definitionOf, type Role } from './role.ts';

/** A flag's name within a role. */
export type FlagName<R extends Role = Role> = R extends Role ? keyof DefinitionOf<R>['flags'] & string : never;

const bitsByName: { readonly [R in Role]: ReadonlyMap<string, number> } = byRole(
  (role) => new Map(Object.entries(definitionOf(role).flags).map(([name, { bit }]) => [name, (1 << bit) >>> 0])),
);

const namesByIndex: { readonly [R in Role]: readonly string[] } = byRole((role) => {
  const names = new Map(Object.entries(definitionOf(role).flags).map(([name, { bit }]) => [bit, name]));
  return Array.from({ length: 32 }, (_, index) => names.get(index) ?? `bit-${index}`);
});

/** The names of a role's flags, lowest bit first; `votes`: only those for which a policy may reject or abstain. */
export function flagsOf(role: Role, votes: 'all' | 'votes' = 'all'): string[] {
  return Object.entries(definitionOf(role).flags)
    .filter(([, { kind }]) => votes === 'all' || kind === 'finding')
    .sort(([, a], [, b]) => a.bit - b.bit)
    .map(([name]) => name);
}

/** The names of the set bits, lowest bit first; unknown bits as `bit-<n>`. */
export function flagNames(role: Role, word: number): string[] {
  if (word === 0) return [];
  return namesByIndex[role].filter((_, index) => ((word >>> index) & 1) === 1);
}

/**
 * The flag word of some names. Throws for a name that the role does not have, which is a bug or a wrong policy file.
 */
export function flagWord(role: Role, names: readonly string[]): number {
  const known = bitsByName[role];
  let word = 0;
  for (const name of names) {
    const bit = known.get(name);
    if (bit === undefined) throw new RangeError(`The role ${role} has no flag "${name}".`);
    word |= bit;
  }
  return word >>> 0;
}
