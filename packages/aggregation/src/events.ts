/** What can happen to an aggregator: everything that it decides by comes through one mailbox, as one of these. */

import type { PostableBatch } from '@assay/protocol/batch/intent';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { PlacedPledge } from '@assay/protocol/observation/commit-reveal';
import type { BusMessage, PostedBatch, PostOutcome } from '@assay/protocol/ports';
import type { Question } from './effects.ts';
import type { FollowedStream, StreamExtent } from './followed-streams.ts';

/** The answer to a {@link Question}; `id` and `about` are those of the question. */
export type Answer = { readonly id: string } & (
  | { readonly about: 'task'; readonly taskId: Hex; readonly message?: BusMessage }
  | { readonly about: 'pledge'; readonly placed?: PlacedPledge }
  | { readonly about: 'last'; readonly sequence: number }
  | { readonly about: 'report'; readonly taskId: Hex; readonly message?: BusMessage }
  /** Batches that transmitters signed lately, oldest first, and the sequence of INTENTS up to which they were read. */
  | { readonly about: 'intents'; readonly batches: readonly PostableBatch[]; readonly last: number }
  | { readonly about: 'proof'; readonly root: string; readonly isProven: boolean }
  | {
      readonly about: 'batch';
      readonly asker: 'posting' | 'finality';
      readonly sequence: number;
      readonly posted?: PostedBatch;
    }
  | { readonly about: 'height'; readonly height: number }
  /** The hash of the block that was asked for, absent where the chain is not that high, and the height that is final. */
  | { readonly about: 'finality'; readonly hash?: Hex; readonly finalHeight: number }
  | { readonly about: 'block'; readonly height: number; readonly hash?: Hex }
);

/** What became of a proposal: its place, or that something else is there, or that the bus did not confirm. */
export type ProposalOutcome =
  | { readonly status: 'stored'; readonly sequence: number }
  | { readonly status: 'conflict' }
  | { readonly status: 'failed'; readonly error: string };

/** What became of a post; `failed` where nobody knows. `code` tells a transmitter without funds from all else. */
export type PostingOutcome =
  | PostOutcome
  | { readonly status: 'failed'; readonly code: 'no-funds' | 'failed'; readonly error: string };

/** What became of a report's publish: `conflict` when its subject had another last message than was expected. */
export type ReportOutcome =
  | { readonly status: 'stored' | 'conflict' }
  | { readonly status: 'failed'; readonly error: string };

/** One event. `atMs` is the local clock when it left the mailbox, milliseconds since 1970. */
export type Event = {
  readonly atMs: number;
} /** The process is up and knows how far the streams reach. Always the first event. */ & (
  | { readonly kind: 'started'; readonly streams: Readonly<Record<FollowedStream, StreamExtent>> }
  /** The next message of a stream; the one before it on the same stream is handled. */
  | { readonly kind: 'message'; readonly stream: FollowedStream; readonly message: BusMessage }
  /** Another epoch has started: it takes the tasks from this server time on, and at last what is left over. */
  | { readonly kind: 'ends'; readonly takesUntilMs: number; readonly leftOverFromMs: number }
  /** The time that the last `timer` effect named has come. */
  | { readonly kind: 'tick' }
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** The chain did not answer. Questions to the bus are repeated outside until it does. */
  | { readonly kind: 'unanswered'; readonly question: Question; readonly error: string }
  | { readonly kind: 'proposed'; readonly sequence: number; readonly outcome: ProposalOutcome }
  | { readonly kind: 'posted'; readonly sequence: number; readonly outcome: PostingOutcome }
  | {
      readonly kind: 'report-published';
      readonly sequence: number;
      readonly taskId: Hex;
      readonly outcome: ReportOutcome;
    }
);
