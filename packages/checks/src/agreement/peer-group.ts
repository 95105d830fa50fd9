/** Groups the submissions of one task: for each, the others that count as evidence. */
import { gramSetOf, type TextProfile } from '../text/text-profile.ts';
import { isChangedCopy } from './changed-copy.ts';

/** A submission with a text, in its group. */
export interface Member {
  /** Index in the task. */
  readonly index: number;
  readonly profile: TextProfile;
  /** The earlier submission with (nearly) the same text, if there is one. */
  readonly duplicateOf?: number;
  /** True if a majority of at least three submissions have (nearly) this text: then each copy counts as evidence. */
  readonly isOfMajority: boolean;
}

/** The submissions with a text, and the prompt. */
export interface PeerGroup {
  readonly prompt: TextProfile;
  readonly members: readonly Member[];
}

/** Share of common word triples, relative to the larger text, from which two texts count as one. */
const sameTextShare = 0.9;
/** Minimum number of copies for a majority's text to count more than once. */
const copiesMin = 3;

/**
 * Finds texts that say the same in the same words. Each counts once as evidence, so that a few submitters of one text
 * gain nothing. Only the text of a majority (a short answer, a deterministic run) counts as often as it occurs.
 */
export function peerGroupOf(prompt: TextProfile, profiles: readonly (TextProfile | undefined)[]): PeerGroup {
  const kept: { readonly index: number; readonly profile: TextProfile; readonly grams: ReadonlySet<string> }[] = [];
  const found: { readonly index: number; readonly profile: TextProfile; readonly original: number }[] = [];
  profiles.forEach((profile, index) => {
    if (profile === undefined) return;
    const grams = gramSetOf(profile, 3);
    const original = kept.find((other) => other.profile.text === profile.text || isSameText(other, { profile, grams }));
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

/** The other members that are evidence about one: copies of its own text only if a majority has that text. */
export function othersOf(group: PeerGroup, member: Member): Member[] {
  return distinctMembers(group).filter(
    (other) => other.index !== member.index && (other.index !== member.duplicateOf || member.isOfMajority),
  );
}

/** The members whose text no earlier one has, and all copies of the majority's text. */
export function distinctMembers(group: PeerGroup): Member[] {
  return group.members.filter((member) => member.duplicateOf === undefined || member.isOfMajority);
}

interface Text {
  readonly profile: TextProfile;
  readonly grams: ReadonlySet<string>;
}

/** A copy that states something else is another text: else it would be a copy of what it contradicts. */
function isSameText(a: Text, b: Text): boolean {
  return nearlySame(a.grams, b.grams) && !isChangedCopy(a.profile, b.profile);
}

function nearlySame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  if (small.size < 8 || small.size < sameTextShare * large.size) return false;
  let shared = 0;
  for (const gram of small) if (large.has(gram)) shared++;
  return shared >= sameTextShare * large.size;
}
