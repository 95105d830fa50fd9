/** Everything that an aggregator knows. Plain data: maps, sets and values that have a JSON form (see `record/json.ts`). */

import type { Certificate, Cosignature } from '@assay/protocol/batch/certificate';
import type { PostableBatch } from '@assay/protocol/batch/intent';
import type { CheckedProposal } from '@assay/protocol/batch/proposal';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { TakenOver } from '@assay/protocol/network/epochs';
import type { Network } from '@assay/protocol/network/validator-set';
import type { CheckedObservation } from '@assay/protocol/observation/observation';
import type { Policy } from '@assay/protocol/policy/policy';
import type { BusMessage, Finality, Headers, PostedBatch } from '@assay/protocol/ports';
import type { KnownTask } from '@assay/protocol/task/known-task';
import type { Question } from './effects.ts';
import type { Answer } from './events.ts';
import { type FollowedStream, followedStreams } from './followed-streams.ts';

/** Place and pace of one aggregator among all. */
export interface Pace {
  readonly index: number;
  readonly count: number;
  readonly batchReportsMax: number;
  readonly batchWaitMs: number;
  /** Certified batches for each aggregator that are in no block, from which on reports wait until one of them is. */
  readonly batchesAheadMax: number;
  readonly turnDeltaMs: number;
  readonly confirmations: number;
  readonly finality: Finality;
}

/** What does not change while a process lives: the network of its epoch, the policies by name, its pace. */
export interface Setting {
  /** Server time from which on the epoch takes tasks. */
  readonly takesFromMs: number;
  /** What it takes over from the epoch before; absent for the first. */
  readonly takesOver?: TakenOver;
  readonly network: Network;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly pace: Pace;
}

/** A message that cannot be decided on before questions are answered, or another stream has been read further. */
export interface HeldMessage {
  readonly message: BusMessage;
  readonly asked: Set<string>;
  readonly answers: Map<string, Answer>;
  /** The proposal once it is recomputed. */
  checked?: CheckedProposal;
}

/** How far a stream is read. */
export interface Lane {
  /** Everything up to this sequence is decided on. */
  position: number;
  /** Subject and time of the message at that position; absent where there is none. */
  mark?: { readonly subject: string; readonly timestampMs: number };
  /** What stood on the stream when the process started: only when it is read does the aggregator propose. */
  target: number;
  isFollowed: boolean;
  held?: HeldMessage;
  /** While messages are read again that were decided on: how far, and up to which sequence. */
  again?: { position: number; readonly untilSequence: number };
}

/** An observation that counts, with the server's time. */
export interface CountedObservation {
  readonly checked: CheckedObservation;
  readonly timestampMs: number;
}

/** A task that has no certified report yet. */
export interface OpenTask {
  readonly known: KnownTask;
  /** First observation of each operator and role, by "role operator". */
  readonly observations: Map<string, CountedObservation>;
  /** Whether no missing observation could change a verdict. */
  isFinal: boolean;
  /** When it became ready for a proposal, server or local milliseconds. */
  readySinceMs?: number;
  /** How often operators were asked for it since it is overdue, and when they are asked again at the earliest. */
  asks: number;
  askedUntilMs: number;
  /** Sequence of the valid proposal that holds it. */
  takenBy?: number;
  /** How often a proposal of this aggregator with it in was not taken; then it is proposed with fewer others, and later. */
  refusals: number;
  /** Not to be proposed by this aggregator before this moment. */
  notBeforeMs: number;
  /** Bytes that it takes in a proposal; measured again when it has got another observation. */
  entryBytes?: number;
}

/** The batch in which a task's report came out, and when this aggregator got to know. */
export interface DoneTask {
  readonly batchId: string;
  readonly atMs: number;
}

export interface TaskBook {
  readonly open: Map<Hex, OpenTask>;
  /** Those of the open tasks that are in no proposal: the proposer looks through them whenever something happens. */
  readonly free: Set<Hex>;
  readonly done: Map<Hex, DoneTask>;
  /** A task that was handed in later than this is in `done` if its report is out; of an older one it may be forgotten. */
  forgottenUntilMs: number;
}

/** A batch that is proposed and not yet reported. One that this aggregator refused waits here as well, in case operators do not. */
export interface OpenBatch {
  readonly proposal: CheckedProposal;
  /** Trace context of the proposal. */
  readonly headers: Headers;
  /** By operator; `invalid` after its BLS signature was found to be. */
  readonly cosignatures: Map<Hex, Cosignature | 'invalid'>;
  certificate?: Certificate;
}

export interface BatchBook {
  readonly open: Map<number, OpenBatch>;
  /** Those with a certificate that were in no block when last looked at. */
  readonly queued: Set<number>;
  /** When those were taken that wait for cosignatures. */
  readonly withoutCertificate: Map<number, number>;
  /** Operators whose BLS signature was invalid: certificates do without theirs where they can. */
  readonly suspects: Set<Hex>;
  /** Something happened for which another batch may be brought out. */
  hasNews: boolean;
}

/** A report under way to its subject. */
export interface PendingReport {
  readonly index: number;
  /** Sequence of the message behind which it is to come. */
  expected: number;
  attempts: number;
  isUnderWay: boolean;
}

/** A certified batch on its way to the chain and, where its reports are not out, of them. */
export interface Posting {
  batch: PostableBatch;
  /** It was in before, and its reports are out. */
  readonly isAgain: boolean;
  /**
   * `look`: it is to be looked for on the chain; `looking`: that is asked; `waiting`: until a block or `untilMs` comes;
   * `posting`: the transmitter has it; `reporting`: its reports go out; `resting`: it failed and is tried again at `untilMs`.
   */
  phase: 'look' | 'looking' | 'waiting' | 'posting' | 'reporting' | 'resting';
  /** From when on it is this aggregator's turn to post it. */
  turnMs: number;
  /** It was in when last looked at. */
  wasIn: boolean;
  attempt: number;
  untilMs: number;
  /** The chain's height when it was last asked for. */
  lookedAtHeight: number;
  posted?: PostedBatch;
  readonly reports: Map<Hex, PendingReport>;
}

/** A batch with the height of the block that it was last seen in. */
export interface WatchedBatch {
  readonly batch: PostableBatch;
  readonly height: number;
}

/** The batches that are in and not yet final: a reorganisation may still take them, and then they are posted again. */
export interface FinalityWatch {
  /** By epoch and sequence. */
  readonly watched: Map<string, WatchedBatch>;
  /** The highest block that held one of them, as it was last seen: its hash binds all blocks below it. */
  seen?: { readonly height: number; readonly hash: Hex };
  phase: 'idle' | 'asking' | 'looking' | 'hashing';
  nextMs: number;
  finalHeight: number;
  /** To be looked for, being looked for, and looked for in this round. */
  toLook: PostableBatch[];
  readonly looking: Map<number, PostableBatch>;
  readonly looked: Set<string>;
  /** Whether INTENTS was read since the start, and up to where it ever was. */
  intents: 'unread' | 'asked' | 'read';
  intentsRead: number;
  /** Posted before this process came, and not looked for yet. */
  toRecover: PostableBatch[];
}

/** Reports on REPORTS whose batch the chain has yet to prove, by epoch, sequence and root. */
export interface Proving {
  readonly question: Question;
  readonly taskIds: Set<Hex>;
}

/** The proposal that this aggregator made last. */
export interface OwnProposal {
  readonly sequence: number;
  readonly data: Uint8Array;
  readonly checked: CheckedProposal;
}

export interface Proposer {
  own?: OwnProposal;
  /** Its publish is under way, or it waits until PROPOSALS is read up to `until`. */
  waiting?: { readonly sequence: number; readonly taskIds: readonly Hex[]; until?: number; isConflict: boolean };
  /** When operators or chain were last seen to be behind. */
  behindMs: number;
  /** When to look again; at once when something has happened. */
  dueMs: number;
  hasNews: boolean;
  notBeforeMs: number;
}

export interface Books {
  readonly setting: Setting;
  /** Server time from which on the next epoch takes tasks; infinite while none has started. */
  takesUntilMs: number;
  /** When the next epoch takes over what this one has left; infinite while none has started. */
  leftOverFromMs: number;
  readonly lanes: Readonly<Record<FollowedStream, Lane>>;
  readonly tasks: TaskBook;
  readonly batches: BatchBook;
  readonly proposer: Proposer;
  /** By sequence. */
  readonly postings: Map<number, Posting>;
  readonly blocks: { height: number; isAsked: boolean; nextMs: number };
  /** Roots that the chain is known to hold, as "epoch-sequence-root". */
  readonly roots: Set<string>;
  readonly proving: Map<string, Proving>;
  readonly finality: FinalityWatch;
  /**
   * Tasks that wait for words: how often streams were read again for each, and when next. `dueMs` is the time of the next
   * look. How much of the streams may be read again, in milliseconds, follows from the time since
   * `spentUntilMs`.
   */
  readonly rereading: {
    dueMs: number;
    spentUntilMs?: number;
    readonly waiting: Map<Hex, { count: number; dueMs: number }>;
  };
  /** What was told last: nothing is told twice. */
  readonly told: { openTasks: number; unfinal: number; isCaughtUp: boolean };
  timerMs: number;
}

/** Empty books. */
export function newBooks(setting: Setting): Books {
  const lane = (): Lane => ({ position: 0, target: 0, isFollowed: false });
  return {
    setting,
    takesUntilMs: Number.POSITIVE_INFINITY,
    leftOverFromMs: Number.POSITIVE_INFINITY,
    lanes: Object.fromEntries(followedStreams.map((stream) => [stream, lane()])) as Record<FollowedStream, Lane>,
    tasks: { open: new Map(), free: new Set(), done: new Map(), forgottenUntilMs: -1 },
    batches: { open: new Map(), queued: new Set(), withoutCertificate: new Map(), suspects: new Set(), hasNews: false },
    proposer: { behindMs: 0, dueMs: 0, hasNews: false, notBeforeMs: 0 },
    postings: new Map(),
    blocks: { height: 0, isAsked: false, nextMs: 0 },
    roots: new Set(),
    proving: new Map(),
    finality: {
      watched: new Map(),
      phase: 'idle',
      nextMs: 0,
      finalHeight: 0,
      toLook: [],
      looking: new Map(),
      looked: new Set(),
      intents: 'unread',
      intentsRead: 0,
      toRecover: [],
    },
    rereading: { dueMs: 0, waiting: new Map() },
    told: { openTasks: -1, unfinal: -1, isCaughtUp: false },
    timerMs: 0,
  };
}

/** Whether everything is read that stood on the streams when the process started. */
export function isCaughtUp({ lanes, proving }: Books): boolean {
  return proving.size === 0 && followedStreams.every((stream) => lanes[stream].position >= lanes[stream].target);
}
