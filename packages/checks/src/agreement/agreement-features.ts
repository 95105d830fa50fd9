/** The features by which the embedding role decides on long answers: named integers in basis points, 0 … 10,000. */
import type { Term } from '../decision/additive-model.ts';
import { middleOf } from '../decision/steady.ts';
import { completenessOf } from '../form/completeness.ts';
import { lateWordsOf } from '../form/late-words.ts';
import { averageRelevanceOf } from '../form/relevance.ts';
import { strayTailOf } from '../form/stray-tail.ts';
import { type ClosestSegments, type SegmentFeatures, segmentFeaturesOf } from '../segments/segment-features.ts';
import { distinctMembers, othersOf, type PeerGroup } from './peer-group.ts';

/** Which way each feature speaks for an answer about something else, all or in part. `Gap`: 5,000 is as the median of the task. */
export const agreementFeatureSides = {
  /** Share of the answer's topic words that the prompt or another answer has. */
  supported: 'below',
  /** Share of the words that several others use and this answer too. */
  consensus: 'below',
  secondLastGap: 'below',
  coverLastGap: 'below',
  /** See `stray-tail.ts`. */
  strayTail: 'above',
} as const satisfies Record<string, Term['side']>;

/**
 * The same for an answer of which a part is missing. Its length is not among them: brief answers are no halves, and the models
 * that are asked differ in length more than those that the policy was fitted to.
 */
export const cutFeatureSides = {
  missedTail: 'above',
  furthestPlace: 'below',
  coverLastGap: 'below',
  /** See `completeness.ts`. */
  items: 'below',
  endsInList: 'above',
  codeMissing: 'above',
  closingMissing: 'above',
  /** See `late-words.ts`. */
  lateWords: 'below',
} as const satisfies Record<string, Term['side']>;

/** The features of one answer. */
export type AgreementFeatures = Readonly<
  Record<keyof typeof agreementFeatureSides | keyof typeof cutFeatureSides, number>
>;

/** The features of each member of a group, in order. */
export function agreementFeaturesOf(group: PeerGroup, closest: ClosestSegments): AgreementFeatures[] {
  const own = new Map<number, SegmentFeatures>(
    group.members.map((member) => {
      const others = othersOf(group, member).map(({ index }) => index);
      return [member.index, segmentFeaturesOf(member.index, others, closest)];
    }),
  );
  const distinct = distinctMembers(group).flatMap(({ index }) => own.get(index) ?? []);
  const usual = {
    secondLast: middleOf(distinct.map(({ secondLast }) => secondLast)),
    coverLast: middleOf(distinct.map(({ coverLast }) => coverLast)),
  };
  return group.members.map((member) => {
    const segments = own.get(member.index) ?? segmentFeaturesOf(member.index, [], closest);
    const gap = (name: keyof typeof usual): number => held(5_000 + segments[name] - usual[name]);
    const others = othersOf(group, member).map((other) => other.profile);
    const { supportedShare, consensusShare } = averageRelevanceOf(member.profile, group.prompt, others);
    return {
      supported: held(10_000 * supportedShare),
      consensus: held(10_000 * consensusShare),
      secondLastGap: gap('secondLast'),
      coverLastGap: gap('coverLast'),
      missedTail: segments.missedTail,
      furthestPlace: segments.furthestPlace,
      strayTail: strayTailOf(member.profile, group.prompt, others),
      lateWords: lateWordsOf(member.profile, others),
      ...completenessOf(member.profile, others),
    };
  });
}

function held(value: number): number {
  return Math.round(Math.max(0, Math.min(10_000, value)));
}
