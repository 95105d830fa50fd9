/** The features by which the embedding role decides on long answers: named integers in basis points, 0 … 10,000. */
import type { Term } from '../decision/additive-model.ts';
import { genericShare } from '../form/filler.ts';
import { relevanceOf } from '../form/relevance.ts';
import {
  type ClosestSegments,
  type SegmentFeatures,
  segmentFeatureNames,
  segmentFeaturesOf,
} from '../segments/segment-features.ts';
import { medianOf } from '../text/text-profile.ts';
import { distinctMembers, type Member, othersOf, type PeerGroup } from './peer-group.ts';

/** Which way each feature speaks against an answer. `Gap`: 5,000 is as the median of the task. */
export const agreementFeatureSides = {
  /** Mean similarity to the closest half of the others, relative to the usual one in the task (10,000 and more: 10,000). */
  support: 'below',
  /** Share of the answer's topic words that the prompt or another answer has. */
  supported: 'below',
  /** Share of the words that several others use and this answer too. */
  consensus: 'below',
  /** Share of words that fit any topic. */
  generic: 'above',
  secondMean: 'below',
  secondMin: 'below',
  secondLast: 'below',
  medianMean: 'below',
  secondMeanGap: 'below',
  secondMinGap: 'below',
  secondLastGap: 'below',
  secondFirstGap: 'below',
  medianMeanGap: 'below',
  medianMinGap: 'below',
  coverMeanGap: 'below',
  coverLastGap: 'below',
} as const satisfies Record<string, Term['side']>;

/** The features of one answer. */
export type AgreementFeatures = Readonly<Record<keyof typeof agreementFeatureSides, number>>;

/** The features of each member of a group, in order; `support` is each one's relative support, 1 as usual. */
export function agreementFeaturesOf(
  group: PeerGroup,
  closest: ClosestSegments,
  support: (member: Member) => number,
): AgreementFeatures[] {
  const own = new Map<number, SegmentFeatures>(
    group.members.map((member) => {
      const others = othersOf(group, member).map(({ index }) => index);
      return [member.index, segmentFeaturesOf(member.index, others, closest)];
    }),
  );
  const distinct = distinctMembers(group).flatMap(({ index }) => own.get(index) ?? []);
  const usual = Object.fromEntries(
    segmentFeatureNames.map((name) => [name, medianOf(distinct.map((one) => one[name]))]),
  );
  return group.members.map((member) => {
    const segments = own.get(member.index) ?? segmentFeaturesOf(member.index, [], closest);
    const gap = (name: (typeof segmentFeatureNames)[number]): number =>
      held(5_000 + segments[name] - (usual[name] ?? 0));
    const { supportedShare, consensusShare } = relevanceOf(
      member.profile,
      group.prompt,
      othersOf(group, member).map((other) => other.profile),
    );
    return {
      support: held(10_000 * support(member)),
      supported: held(10_000 * supportedShare),
      consensus: held(10_000 * consensusShare),
      generic: held(10_000 * genericShare(member.profile)),
      secondMean: segments.secondMean,
      secondMin: segments.secondMin,
      secondLast: segments.secondLast,
      medianMean: segments.medianMean,
      secondMeanGap: gap('secondMean'),
      secondMinGap: gap('secondMin'),
      secondLastGap: gap('secondLast'),
      secondFirstGap: gap('secondFirst'),
      medianMeanGap: gap('medianMean'),
      medianMinGap: gap('medianMin'),
      coverMeanGap: gap('coverMean'),
      coverLastGap: gap('coverLast'),
    };
  });
}

function held(value: number): number {
  return Math.round(Math.max(0, Math.min(10_000, value)));
}
