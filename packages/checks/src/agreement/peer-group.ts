/** The submissions of one task as a group: for each, the others that count as evidence. */
import { gramSetOf, type TextProfile } from '../text/text-profile.ts';

/** A submission that has a text, beside the others. */
export interface Member {
  /** Position in the task. */
  readonly index: number;
  readonly profile: TextProfile;
  /** The earlier submission that has (nearly) the same text, if there is one. */
  readonly duplicateOf?: number;
  /** True where (nearly) the same text is that of most submissions, three or more: then each copy is evidence. */
  readonly isOfMajority: boolean;
}

/** The submissions with a text, and the prompt. */
export interface PeerGroup {
  readonly prompt: TextProfile;
  readonly members: readonly Member[];
}

/** Share of word triples, of the larger text, from which on two texts count as one. */
const sameTextShare = 0.9;
/** Copies from which on a majority's text counts more than once. */
const copiesMin = 3;

/**
 * Finds the texts that say the same thing in the same words: each counts once as evidence, so that a few who hand in one
 * text gain nothing; only the text of a majority (a short answer, a deterministic run) counts as often as it is there.
 */
export function peerGroupOf(prompt: TextProfile, profiles: readonly (TextProfile | undefined)[]): PeerGroup {
  const kept: { readonly index: number; readonly profile: TextProfile; readonly grams: ReadonlySet<string> }[] = [];
  const found: { readonly index: number; readonly profile: TextProfile; readonly original: number }[] = [];
  profiles.forEach((profile, index) => {
    if (profile === undefined) return;
    const grams = gramSetOf(profile, 3);
    const original = kept.find((other) => other.profile.text === profile.text || nearlySame(other.grams, grams));
    if (original === undefined) kept.push({ index, profile, grams });
    found.push({ index, profile, original: original?.index ?? index });
  });
  const members = found.map(({ index, profile, original }) => {
    const copies = found.filter((other) => other.original === original).length;
    const isOfMajority = copies >= copiesMin && copies * 2 > found.length;
    return { index, profile, isOfMajority, ...(original === index ? {} : { duplicateOf: original }) };
  });
  return { prompt, members };
}

/** The members beside one that are evidence about it: a copy of its own text only where most have that text. */
export function othersOf(group: PeerGroup, member: Member): Member[] {
  return distinctMembers(group).filter(
    (other) => other.index !== member.index && (other.index !== member.duplicateOf || member.isOfMajority),
  );
}

/** The members whose text no earlier one has, and all copies of the text that most have. */
export function distinctMembers(group: PeerGroup): Member[] {
  return group.members.filter((member) => member.duplicateOf === undefined || member.isOfMajority);
}

function nearlySame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  if (small.size < 8 || small.size < sameTextShare * large.size) return false;
  let shared = 0;
  for (const gram of small) if (large.has(gram)) shared++;
  return shared >= sameTextShare * large.size;
}
