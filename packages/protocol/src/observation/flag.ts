/** What a check saw besides its score: one bit each, 32 bits for each role. Bits are signed: never renumber one. */
import type { Role } from './role.ts';

/** Bits of each role's flag word. */
export const flags = {
  checksum: {
    'content-missing': 1 << 0,
    'cid-mismatch': 1 << 1,
    'commitment-mismatch': 1 << 2,
    'commitment-missing': 1 << 3,
    'model-mismatch': 1 << 4,
    'deterministic-divergence': 1 << 5,
    'miner-signature-invalid': 1 << 6,
    'seal-invalid': 1 << 7,
  },
  embedding: {
    'content-missing': 1 << 0,
    'too-few-submissions': 1 << 1,
    'no-agreement': 1 << 2,
    outlier: 1 << 3,
    medoid: 1 << 4,
    'unsupported-language': 1 << 5,
    'duplicate-of-another': 1 << 6,
    'seal-invalid': 1 << 7,
    'cid-mismatch': 1 << 8,
  },
  semantic: {
    'content-missing': 1 << 0,
    empty: 1 << 1,
    irrelevant: 1 << 2,
    truncated: 1 << 3,
    repetition: 1 << 4,
    echo: 1 << 5,
    refusal: 1 << 6,
    'word-salad': 1 << 7,
    filler: 1 << 8,
    injection: 1 << 9,
    'aimed-at-judge': 1 << 10,
    'number-conflict': 1 << 11,
    'name-conflict': 1 << 12,
    'negation-conflict': 1 << 13,
    'wrong-format': 1 << 14,
    'wrong-language': 1 << 15,
    'too-few-submissions': 1 << 16,
    'hidden-characters': 1 << 17,
    'seal-invalid': 1 << 18,
    'cid-mismatch': 1 << 19,
    exfiltration: 1 << 20,
    'foreign-request': 1 << 21,
  },
} as const satisfies Record<Role, Record<string, number>>;

/** A flag's name within a role. */
export type FlagName<R extends Role = Role> = R extends Role ? keyof (typeof flags)[R] & string : never;

/** The names of the bits that are set, lowest bit first; unknown bits as `bit-<n>`. */
export function flagNames(role: Role, word: number): string[] {
  const names: string[] = [];
  if (word === 0) return names;
  const known = new Map(Object.entries(flags[role]).map(([name, bit]) => [bit >>> 0, name]));
  for (let index = 0; index < 32; index++) {
    const bit = (1 << index) >>> 0;
    if ((word & bit) >>> 0 !== 0) names.push(known.get(bit) ?? `bit-${index}`);
  }
  return names;
}

/** The flag word of some names. Throws on a name that the role does not have: a bug or a wrong policy file. */
export function flagWord(role: Role, names: readonly string[]): number {
  const known: Record<string, number> = flags[role];
  let word = 0;
  for (const name of names) {
    const bit = Object.hasOwn(known, name) ? known[name] : undefined;
    if (bit === undefined) throw new RangeError(`The role ${role} has no flag "${name}".`);
    word |= bit;
  }
  return word >>> 0;
}
