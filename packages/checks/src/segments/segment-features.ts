/**
 * What the segments of an answer say of it: each is compared with the segments of the other answers, so that a part which
 * belongs elsewhere is seen whatever the rest is. All values are basis points, 0 … 10,000.
 */
import { medianOf } from '../text/text-profile.ts';

/** Cosines of one answer's segments to the closest segments of the others. */
export const segmentFeatureNames = [
  /** For each segment the second-highest over the other answers, so that one colluder is no support: mean of all segments. */
  'secondMean',
  /** … of the segment with the least. */
  'secondMin',
  /** … mean of the last two segments. */
  'secondLast',
  /** … mean of the first two segments. */
  'secondFirst',
  /** For each segment the median over the other answers: mean of all segments. */
  'medianMean',
  /** … of the segment with the least. */
  'medianMin',
  /** The other way round: how close this answer comes to the segments of another one, their mean; median over the others. */
  'coverMean',
  /** … to the last two segments of the other answer. */
  'coverLast',
] as const;

/** A feature of the segments. */
export type SegmentFeatureName = (typeof segmentFeatureNames)[number];

/** The features of one answer, by name. */
export type SegmentFeatures = Readonly<Record<SegmentFeatureName, number>>;

/** `closest(a, b)[i]` is the cosine of segment i of text a to the closest segment of text b; texts are named by numbers. */
export type ClosestSegments = (a: number, b: number) => readonly number[];

/** The features of answer `own` among `others`; 0 where there are no others. */
export function segmentFeaturesOf(own: number, others: readonly number[], closest: ClosestSegments): SegmentFeatures {
  const rows = others.map((other) => closest(own, other));
  const ranked = (rows[0] ?? []).map((_, at) => rows.map((row) => row[at] ?? 0).sort((a, b) => b - a));
  const second = ranked.map((values) => values[1] ?? values[0] ?? 0);
  const median = ranked.map(medianOf);
  const covers = others.map((other) => closest(other, own));
  return {
    secondMean: basisPoints(meanOf(second)),
    secondMin: basisPoints(leastOf(second)),
    secondLast: basisPoints(meanOf(second.slice(-2))),
    secondFirst: basisPoints(meanOf(second.slice(0, 2))),
    medianMean: basisPoints(meanOf(median)),
    medianMin: basisPoints(leastOf(median)),
    coverMean: basisPoints(medianOf(covers.map(meanOf))),
    coverLast: basisPoints(medianOf(covers.map((values) => meanOf(values.slice(-2))))),
  };
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function leastOf(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), values[0] ?? 0);
}

function basisPoints(share: number): number {
  return Math.round(10_000 * Math.max(0, Math.min(1, share)));
}
