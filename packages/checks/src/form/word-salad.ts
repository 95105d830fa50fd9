/** Detects word salad: an unnatural word order, judged by function words and stops, compared with the other texts. */

import { distinctMembers, othersOf, type PeerGroup } from '../agreement/peer-group.ts';
import { connectors, determiners, functionWords } from '../text/function-words.ts';
import { containment, gramSetOf, medianOf, type TextProfile } from '../text/text-profile.ts';

/** How often a text breaks habits of normal word order, each 0…1, and the amount of evidence. */
export interface Joints {
  /** Share of articles and connectors that are followed by a stop, or articles by another function word. */
  readonly brokenShare: number;
  /** Share of full stops within a line that are followed by a lower-case letter. */
  readonly smallAfterStopShare: number;
  /** Number of articles and connectors. */
  readonly count: number;
}

/** Measures the word order of a text. Linear. */
function jointsOf(text: TextProfile): Joints {
  const { tokens } = text;
  let joints = 0;
  let broken = 0;
  let stops = 0;
  let small = 0;
  for (let index = 0; index + 1 < tokens.length; index++) {
    const token = tokens[index];
    const next = tokens[index + 1];
    if (token === undefined || next === undefined) break;
    const gap = text.text.slice(token.end, Math.min(next.start, token.end + 12));
    const isArticle = determiners.has(token.lower);
    if (isArticle || connectors.has(token.lower)) {
      joints++;
      if (/^[.,!?;)]/.test(gap) || (isArticle && /^\s+$/.test(gap) && cannotFollowArticle(next.lower))) broken++;
    }
    if (/^[.!?]["')]?[ \t]/.test(gap) && token.written.length > 2 && !token.isNumber) {
      stops++;
      if (/^\p{Ll}/u.test(next.written)) small++;
    }
  }
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  return {
    brokenShare: share(broken, joints),
    smallAfterStopShare: share(small, stops),
    count: joints + stops,
  };
}

/**
 * Evidence of word salad for each member of a group, 0 … 10,000, from two measures: function words before stops more
 * often than in the others, and words that the others also use, but rarely two of them in the same order. A text with
 * few function words (code, a table, one line) gives no evidence by the first measure; a text in its own words none by
 * the second.
 */
export function wordSaladEvidences(group: PeerGroup): number[] {
  const joints = new Map(group.members.map((member) => [member.index, jointsOf(member.profile)]));
  const order = distinctMembers(group).length < 3 ? new Map<number, OrderShare>() : orderShares(group);
  return group.members.map((member) => {
    const own = joints.get(member.index);
    const others = othersOf(group, member);
    const beside = others.flatMap((other) => joints.get(other.index) ?? []);
    if (own === undefined || beside.length < 2) return own === undefined ? 0 : jointEvidence(own, []);
    const usual = medianOf(others.map((other) => order.get(other.index)?.share ?? 0));
    const { share, pairs } = order.get(member.index) ?? { share: 0, pairs: 0 };
    const disorder = Math.min(1, pairs / 20) * Math.max(0, Math.min(1, (0.6 - share / Math.max(usual, 0.1)) / 0.3));
    return Math.min(10_000, jointEvidence(own, beside) + Math.round(disorder * 10_000));
  });
}

function jointEvidence(own: Joints, others: readonly Joints[]): number {
  const trust = Math.min(1, own.count / 6);
  const broken = Math.max(0, own.brokenShare - medianOf(others.map((one) => one.brokenShare)));
  const small = Math.max(0, own.smallAfterStopShare - medianOf(others.map((one) => one.smallAfterStopShare)));
  return Math.round(Math.min(1, trust * (2.2 * broken + 0.4 * small)) * 10_000);
}

/**
 * For each member, the share of its word pairs that others have in this order, among pairs whose words others use.
 * Others with the same set of words are left out: otherwise a shuffled copy would make its honest source look
 * disordered.
 */
function orderShares(group: PeerGroup): Map<number, OrderShare> {
  const sets = new Map(group.members.map(({ index, profile }) => [index, wordsAndPairsOf(profile)]));
  const distinct = distinctMembers(group).flatMap((member) => sets.get(member.index) ?? []);
  const prompt = wordsAndPairsOf(group.prompt);
  const result = new Map<number, OrderShare>();
  const words = countsOf(distinct.map((one) => one.words));
  const pairs = countsOf(distinct.map((one) => one.pairs));
  for (const { index, duplicateOf, profile } of group.members) {
    const own = sets.get(duplicateOf ?? index);
    if (own === undefined) continue;
    const leftOut = distinct.filter((one) => one === own || sameWords(one.words, own.words));
    // A word or pair is known if the prompt has it, or more texts than those left out.
    const isShared = (key: string, counts: ReadonlyMap<string, number>, of: 'words' | 'pairs'): boolean => {
      const count = counts.get(key) ?? 0;
      if (prompt[of].has(key) || count > leftOut.length) return true;
      let without = count;
      for (const one of leftOut) if (one[of].has(key)) without--;
      return without > 0;
    };
    const known = new Map<string, boolean>();
    const isWord = (key: string): boolean => {
      const found = known.get(key) ?? isShared(key, words, 'words');
      known.set(key, found);
      return found;
    };
    let pairsSeen = 0;
    let ordered = 0;
    for (let at = 0; at + 1 < profile.tokens.length; at++) {
      const first = profile.tokens[at]?.lower ?? '';
      const second = profile.tokens[at + 1]?.lower ?? '';
      if (!isWord(first) || !isWord(second)) continue;
      pairsSeen++;
      if (isShared(` ${first} ${second}`, pairs, 'pairs')) ordered++;
    }
    result.set(index, { share: (ordered + 1) / (pairsSeen + 2), pairs: pairsSeen });
  }
  return result;
}

interface OrderShare {
  readonly share: number;
  readonly pairs: number;
}

interface WordsAndPairs {
  readonly words: ReadonlySet<string>;
  readonly pairs: ReadonlySet<string>;
}

function wordsAndPairsOf(profile: TextProfile): WordsAndPairs {
  return { words: new Set(profile.tokens.map((token) => token.lower)), pairs: gramSetOf(profile, 2) };
}

/** True if two texts share at least four fifths of the larger one's words. */
function sameWords(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  return small.size >= 0.8 * large.size && containment(small, large) * small.size >= 0.8 * large.size;
}

/** The number of sets that contain each key. */
function countsOf(sets: readonly ReadonlySet<string>[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const set of sets) for (const key of set) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function cannotFollowArticle(lower: string): boolean {
  return functionWords.has(lower) && !mayFollowArticle.has(lower);
}

/** Function words that can follow an article or possessive. */
const mayFollowArticle = new Set(
  `most more very same other one two much many few own being well long like use make about above any all every under over
   que más menos mismo todo toda otro no que mais mesmo outro qual quale cual quel plus même autre tout toute tous
   so zu sehr mehr nur auch viel mehr nicht wel zeer meer man as is`.split(/\s+/u),
);
