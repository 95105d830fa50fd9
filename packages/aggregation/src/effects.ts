/** What an aggregator wants done. Effects are carried out outside, in order of their start; what comes of them is an event. */

import type { ReportFields } from '@assay/protocol/batch/batch';
import type { PostableBatch } from '@assay/protocol/batch/intent';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Role } from '@assay/protocol/observation/role';
import type { Finality, Headers } from '@assay/protocol/ports';
import type { Refusal } from '@assay/protocol/refusal';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import type { FollowedStream } from './followed-streams.ts';

/** What is asked of bus and chain. By its `id` no answer is taken for that to a later question. */
export type Question = { readonly id: string } /** The message of a task. */ & (
  | { readonly about: 'task'; readonly taskId: Hex }
  /** The first pledge that the operator signed; `opened` is what its observation opens. */
  | {
      readonly about: 'pledge';
      readonly taskId: Hex;
      readonly role: Role;
      readonly operator: Hex;
      readonly opened?: Hex;
    }
  /** The sequence of a stream's last message. */
  | { readonly about: 'last'; readonly stream: FollowedStream }
  /** The last message on the subject of a task's report. */
  | { readonly about: 'report'; readonly taskId: Hex }
  /** The batches that transmitters signed lately, from a sequence of INTENTS on. */
  | { readonly about: 'intents'; readonly fromSequence: number }
  /** Whether the chain holds a report of a batch. */
  | {
      readonly about: 'proof';
      readonly root: string;
      readonly epoch: number;
      readonly sequence: number;
      readonly report: ReportFields;
      readonly proof: readonly Hex[];
    }
  /** A batch as the chain holds it. */
  | {
      readonly about: 'batch';
      readonly asker: 'posting' | 'finality';
      readonly epoch: number;
      readonly sequence: number;
    }
  /** How many blocks the chain has. */
  | { readonly about: 'height' }
  /** The hash of the block at a height, if there is a height, and how far the chain is final. */
  | { readonly about: 'finality'; readonly height?: number; readonly finality: Finality }
  /** The hash of the block at a height. */
  | { readonly about: 'block'; readonly height: number }
);

/** What was decided of a message, with a code in words. A reject becomes a dead letter with its reason. */
export type Decision =
  | { readonly kind: 'accept'; readonly code: string }
  | { readonly kind: 'ignore'; readonly code: string }
  | { readonly kind: 'reject'; readonly refusal: Refusal };

/** Facts for metrics and logs. Numbers, ids and codes only. */
export type Note =
  | { readonly what: 'caught-up'; readonly openTasks: number; readonly openBatches: number }
  | { readonly what: 'open-tasks'; readonly count: number }
  | { readonly what: 'certified'; readonly sequence: number }
  | { readonly what: 'confirmed'; readonly sequence: number; readonly confirmations: number }
  | { readonly what: 'vanished'; readonly sequence: number }
  /** Its epoch was over before the chain had it. */
  | { readonly what: 'too-late'; readonly sequence: number }
  | { readonly what: 'reorganised'; readonly height: number }
  | { readonly what: 'unfinal'; readonly count: number }
  | { readonly what: 'proposal-failed'; readonly sequence: number; readonly error: string }
  | {
      readonly what: 'posting-failed';
      readonly sequence: number;
      readonly attempt: number;
      readonly code: string;
      readonly error: string;
    }
  | { readonly what: 'chain-silent'; readonly about: string; readonly error: string };

export type Effect =
  /**
   * Follow a stream from a sequence on, or from a server time on, milliseconds since 1970. A second one for a stream takes
   * the place of the first, with the message of it that is in hand.
   */
  | ({ readonly kind: 'follow'; readonly stream: FollowedStream } & (
      | { readonly fromSequence: number }
      | { readonly fromMs: number }
    ))
  /** The message of a stream is decided on; only now is the next one wanted. `taskIds` are those of its batch. */
  | {
      readonly kind: 'handled';
      readonly stream: FollowedStream;
      readonly sequence: number;
      readonly decision: Decision;
      readonly taskIds?: readonly Hex[];
    }
  | { readonly kind: 'ask'; readonly question: Question }
  /** Publish a proposal, provided that it comes in the place `sequence` of its stream. `links` are the tasks' traces. */
  | {
      readonly kind: 'propose';
      readonly sequence: number;
      readonly batchId: string;
      readonly data: Uint8Array;
      readonly taskIds: readonly Hex[];
      readonly links: readonly Headers[];
    }
  /** Ask the operators for what they have observed of overdue tasks. Whether it arrives shows on PROPOSALS. */
  | { readonly kind: 'ask-operators'; readonly epoch: number; readonly taskIds: readonly Hex[] }
  /** Ask the operators of the next epoch, `epoch`, to observe tasks that this one has left over. */
  | { readonly kind: 'ask-left-over'; readonly epoch: number; readonly taskIds: readonly Hex[] }
  /** Post a certified batch. `parent` is the trace of its proposal, absent for one that is posted again. */
  | {
      readonly kind: 'post';
      readonly batch: PostableBatch;
      readonly taskIds: readonly Hex[];
      readonly parent?: Headers;
      readonly links: readonly Headers[];
    }
  /** Publish a certified report, provided that the last message of its subject is as expected. */
  | {
      readonly kind: 'publish-report';
      readonly report: CertifiedReport;
      readonly expectLastSubjectSequence: number;
      readonly parent: Headers;
      readonly links: readonly Headers[];
      /** When the task was handed in, server milliseconds; absent when this aggregator does not know. */
      readonly taskMs?: number;
    }
  /** Tell when this moment has come. Takes the place of the timer before. */
  | { readonly kind: 'timer'; readonly atMs: number }
  | { readonly kind: 'note'; readonly note: Note };

/** Takes effects, in the order in which they were decided. */
export type Emit = (effect: Effect) => void;
