/**
 * What the segments of an answer say of it: each is compared with the segments of the other answers, so that a part which
 * belongs elsewhere is seen whatever the rest is. All values are basis points, 0 … 10,000.
 */
import { amongDrawn, middleOf } from '../decision/steady.ts';

/** The features of one answer. */
export interface SegmentFeatures {
  /**
   * The cosine of each of the last two segments to the closest one of another answer, the second-highest of three, so that one
   * colluder is no support: their mean.
   */
  readonly secondLast: number;
  /** The other way round: how close this answer comes to the last two segments of another one; the middle of the others. */
  readonly coverLast: number;
  /**
   * How much less close this answer comes to the segments of another one than a third one does: in the last half of them more than
   * in the first half; 5,000: as much in both.
   */
  readonly missedTail: number;
  /** Where in another answer the segments stand that are closest to this one's, the furthest of them (10,000: at its end). */
  readonly furthestPlace: number;
}

/** The closest segment of another text: its cosine, and its place in that text from 0 (the first) to 1 (the last). */
export interface ClosestSegment {
  readonly cosine: number;
  readonly place: number;
}

/** `closest(a, b)[i]` is the segment of text b that is closest to segment i of text a; texts are named by numbers. */
export type ClosestSegments = (a: number, b: number) => readonly ClosestSegment[];

/** Segments that are the end of an answer. */
const lastSegments = 2;

/** The features of answer `own` among `others`; 0 where there are no others. */
export function segmentFeaturesOf(own: number, others: readonly number[], closest: ClosestSegments): SegmentFeatures {
  const found = others.map((other) => closest(own, other));
  const rows = found.map((segments) => cosinesOf(segments.slice(-lastSegments)));
  const second = (rows[0] ?? []).map((_, at) => {
    const ranked = rows.map((row) => row[at] ?? 0).sort((a, b) => b - a);
    return ranked.length > 1 ? amongDrawn(ranked, 2) : (ranked[0] ?? 0);
  });
  const covers = others.map((other) => cosinesOf(closest(other, own)));
  const missed = others.map((other) => missedOf(other, own, others, closest));
  return {
    secondLast: basisPoints(meanOf(second)),
    coverLast: basisPoints(middleOf(covers.map((values) => meanOf(values.slice(-lastSegments))))),
    missedTail: basisPoints(0.5 + middleOf(missed.filter((values) => values.length > 1).map(tailOf))),
    furthestPlace: basisPoints(
      middleOf(found.map((segments) => segments.reduce((most, { place }) => Math.max(most, place), 0))),
    ),
  };
}

/** For each segment of another answer how much less close this one comes to it than the median of the further ones. */
function missedOf(other: number, own: number, others: readonly number[], closest: ClosestSegments): number[] {
  const further = others.filter((one) => one !== other).map((one) => cosinesOf(closest(other, one)));
  return closest(other, own).map(({ cosine }, at) => middleOf(further.map((row) => row[at] ?? 0)) - cosine);
}

function cosinesOf(segments: readonly ClosestSegment[]): number[] {
  return segments.map(({ cosine }) => cosine);
}

/** How much higher the last half is than the first. */
function tailOf(values: readonly number[]): number {
  const half = Math.ceil(values.length / 2);
  return meanOf(values.slice(-half)) - meanOf(values.slice(0, half));
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function basisPoints(share: number): number {
  return Math.round(10_000 * Math.max(0, Math.min(1, share)));
}
