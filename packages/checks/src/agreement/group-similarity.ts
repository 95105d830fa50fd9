/** How alike the texts of one task are, pair by pair, and as answers to one question. */

import { answerWordsOf } from '../facts/answer-words.ts';
import { isOtherScript, languageOf } from '../form/language.ts';
import type { ClosestSegments } from '../segments/segment-features.ts';
import type { AnswerGroup } from './agreement-head.ts';
import { trigramSimilarity, trigramsOf } from './lexical-similarity.ts';
import { type Member, othersOf, type PeerGroup } from './peer-group.ts';
import {
  type ClosestChunks,
  closestChunks,
  type EmbeddedText,
  embeddedText,
  textSimilarity,
} from './vector-similarity.ts';

/** The texts of a group side by side, by position in the task. */
export interface GroupSimilarities {
  /** Similarity of two texts, -1 … 1; symmetric. */
  readonly similarity: (a: number, b: number) => number;
  readonly closest: ClosestSegments;
}

/** Compares the texts of a group, each pair once and when it is asked for. */
export function similaritiesOf(
  group: PeerGroup,
  vectors: readonly (readonly Float32Array[])[],
  foreign: ReadonlySet<number>,
  lexicalShare: number,
): GroupSimilarities {
  const embedded = new Map(group.members.map(({ index }) => [index, embeddedText(vectors[index] ?? [])]));
  const isMostlyForeign = foreign.size * 2 > group.members.length;
  const trigrams = new Map(
    isMostlyForeign ? group.members.map(({ index, profile }) => [index, trigramsOf(profile)]) : [],
  );
  const known = new Map<string, PairOfTexts>();
  const pairOf = (a: number, b: number): PairOfTexts => {
    const key = `${a} ${b}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const [first, second] = [embedded.get(a) ?? noText, embedded.get(b) ?? noText];
    const closest = closestChunks(first, second);
    const cosine = textSimilarity(first, second, closest);
    const [firstGrams, secondGrams] = [trigrams.get(a), trigrams.get(b)];
    const lexical =
      firstGrams === undefined || secondGrams === undefined ? cosine : trigramSimilarity(firstGrams, secondGrams);
    const pair = { similarity: (1 - lexicalShare) * cosine + lexicalShare * lexical, closest };
    known.set(key, pair);
    return pair;
  };
  return {
    similarity: (a, b) => pairOf(Math.min(a, b), Math.max(a, b)).similarity,
    closest: (a, b) => {
      const { ofFirst, ofSecond, placeOfFirst, placeOfSecond } = pairOf(Math.min(a, b), Math.max(a, b)).closest;
      const [cosines, places] = a <= b ? [ofFirst, placeOfFirst] : [ofSecond, placeOfSecond];
      const last = (a <= b ? ofSecond : ofFirst).length - 1;
      return Array.from(cosines, (cosine, at) => ({ cosine, place: last < 1 ? 1 : (places[at] ?? 0) / last }));
    },
  };
}

interface PairOfTexts {
  readonly similarity: number;
  readonly closest: ClosestChunks;
}

const noText: EmbeddedText = { chunks: [], mean: new Float64Array() };

/** True for a text that is not in English, as far as it can be told: by its script at any length, by its words from 40 characters on. */
export function isForeign({ profile: { text } }: Member): boolean {
  if (isOtherScript(text)) return true;
  const language = languageOf(text);
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
