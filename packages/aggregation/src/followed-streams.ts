/** The streams of the bus that an aggregator reads from a place on, and how far they reach. */

/** The streams that an aggregator follows. REPORTS comes first: it tells which tasks need no more work. */
export const followedStreams = ['REPORTS', 'TASKS', 'OBSERVATIONS', 'PROPOSALS', 'COSIGNATURES'] as const;

export type FollowedStream = (typeof followedStreams)[number];

/** How far a stream reaches when an aggregator starts. */
export interface StreamExtent {
  /** Sequence of the first message that it holds; `last` + 1 when it holds none. */
  readonly first: number;
  /** Sequence of its last message, whether or not it still holds it; 0 when it never had one. */
  readonly last: number;
}
