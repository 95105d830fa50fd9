/**
 * Users of Redis: one for each kind of service, with its own keys only. The participant's wrapped session states are
 * therefore out of reach of all others, also to delete or to put back.
 */
import { createHash } from 'node:crypto';
import type { BusIdentity } from '@assay/protocol/bus/permissions';

/** The prefixes of a user's keys, behind `assay:`. Validators of one Redis share a user; each signs what it keeps. */
const prefixes = {
  gateway: ['gateway:', 'rate:'],
  aggregator: ['consensus-aggregator:'],
  participant: ['oracle-key-participant:'],
  validator: ['0x'],
} as const;

export type RedisUser = keyof typeof prefixes;
export const redisUsers = Object.keys(prefixes) as RedisUser[];

/** Commands of every user: none that administers the server or reaches the keys of others. */
const commands = '+@all -@admin -@dangerous +info';

/** The user that a service logs in as, when there is a password. */
export function redisUserOf({ kind }: BusIdentity): string {
  return kind;
}

/** A user's keys and commands, as rules of an ACL. */
export function redisRulesOf(user: RedisUser): string {
  const keys = prefixes[user].map((prefix) => `~assay:${prefix}*`);
  return [...keys, commands].join(' ');
}

/** A user's line of an ACL file. */
export function redisAclOf(user: RedisUser, password: string): string {
  const digest = createHash('sha256').update(password).digest('hex');
  return `user ${user} on #${digest} ${redisRulesOf(user)}`;
}
