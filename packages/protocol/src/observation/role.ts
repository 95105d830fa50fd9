/** The three ways to look at a submission. */

/** Order matters: the index of a role is signed (`uint8 role`). */
export const roles = ['checksum', 'embedding', 'semantic'] as const;

/** One of the three ways to look at a submission. */
export type Role = (typeof roles)[number];

/** The number that stands for a role in signed data: 0, 1 or 2. */
export function roleIndex(role: Role): number {
  return roles.indexOf(role);
}
