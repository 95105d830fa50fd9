/** How alike the texts of one task are, pair by pair, and as answers to one question. */

import { answerWordsOf } from '../facts/answer-words.ts';
import { languageOf } from '../form/language.ts';
import type { AnswerGroup } from './agreement-head.ts';
import { trigramSimilarity, trigramsOf } from './lexical-similarity.ts';
import { type Member, othersOf, type PeerGroup } from './peer-group.ts';
import { embeddedText, textSimilarity } from './vector-similarity.ts';

/** Similarity by position in the task, each pair computed once. */
export function similaritiesOf(
  group: PeerGroup,
  vectors: readonly (readonly Float32Array[])[],
  foreign: ReadonlySet<number>,
  lexicalShare: number,
): (a: number, b: number) => number {
  const embedded = new Map(group.members.map(({ index }) => [index, embeddedText(vectors[index] ?? [])]));
  const isMostlyForeign = foreign.size * 2 > group.members.length;
  const trigrams = new Map(
    isMostlyForeign ? group.members.map(({ index, profile }) => [index, trigramsOf(profile)]) : [],
  );
  const known = new Map<string, number>();
  return (a, b) => {
    const key = a < b ? `${a} ${b}` : `${b} ${a}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const left = embedded.get(a);
    const right = embedded.get(b);
    const cosine = left === undefined || right === undefined ? 0 : textSimilarity(left, right);
    const leftGrams = trigrams.get(a);
    const rightGrams = trigrams.get(b);
    const lexical =
      leftGrams === undefined || rightGrams === undefined ? cosine : trigramSimilarity(leftGrams, rightGrams);
    const value = (1 - lexicalShare) * cosine + lexicalShare * lexical;
    known.set(key, value);
    return value;
  };
}

/** True for a text that is not in English, as far as it can be told. */
export function isForeign(member: Member): boolean {
  const language = languageOf(member.profile.text);
  return language !== undefined && language !== 'en';
}

/** The texts of a group as answers for the agreement head. */
export function answerGroupOf(group: PeerGroup, similarity: (a: number, b: number) => number): AnswerGroup {
  const { members } = group;
  const positions = new Map(members.map((member, position) => [member.index, position]));
  const indexAt = (position: number): number => members[position]?.index ?? -1;
  return {
    question: group.prompt.text,
    answers: members.map((member) => answerWordsOf(member.profile, group.prompt)),
    others: members.map((member) => othersOf(group, member).flatMap((other) => positions.get(other.index) ?? [])),
    cosineOf: (a, b) => similarity(indexAt(a), indexAt(b)),
  };
}
