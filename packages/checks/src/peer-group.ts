/** The submissions of one task as a group: for each, the others that count as evidence. */
import { gramsOf, type TextProfile } from './text-profile.ts';

/** A submission that has a text, beside the others. */
export interface Member {
  /** Position in the task. */
  readonly index: number;
  readonly profile: TextProfile;
  /** The earlier submission that has (nearly) the same text, if there is one. */
  readonly duplicateOf?: number;
}

/** The submissions with a text, and the prompt. */
export interface PeerGroup {
  readonly prompt: TextProfile;
  readonly members: readonly Member[];
}

/** Share of word triples, of the larger text, from which on two texts count as one. */
const sameTextShare = 0.9;

/** Finds the texts that say the same thing in the same words: each counts once as evidence. */
export function peerGroupOf(prompt: TextProfile, profiles: readonly (TextProfile | undefined)[]): PeerGroup {
  const kept: { readonly index: number; readonly profile: TextProfile; readonly grams: ReadonlySet<string> }[] = [];
  const members: Member[] = [];
  profiles.forEach((profile, index) => {
    if (profile === undefined) return;
    const grams = new Set(gramsOf(profile.tokens, 3));
    const original = kept.find((other) => other.profile.text === profile.text || nearlySame(other.grams, grams));
    if (original === undefined) kept.push({ index, profile, grams });
    members.push(original === undefined ? { index, profile } : { index, profile, duplicateOf: original.index });
  });
  return { prompt, members };
}

/** The distinct members beside one: duplicates count once, and a copy of the member's own text not at all. */
export function othersOf(group: PeerGroup, member: Member): Member[] {
  return distinctMembers(group).filter((other) => other.index !== member.index && other.index !== member.duplicateOf);
}

/** The texts of {@link othersOf}. */
export function peersOf(group: PeerGroup, member: Member): TextProfile[] {
  return othersOf(group, member).map((other) => other.profile);
}

/** The members whose text no earlier one has. */
export function distinctMembers(group: PeerGroup): Member[] {
  return group.members.filter((member) => member.duplicateOf === undefined);
}

function nearlySame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  if (small.size < 8 || small.size < sameTextShare * large.size) return false;
  let shared = 0;
  for (const gram of small) if (large.has(gram)) shared++;
  return shared >= sameTextShare * large.size;
}
