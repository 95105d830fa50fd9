/** Brings certified batches to the chain, each aggregator at its turn, and stays by them until they are deep enough. */

import { batchIdOf } from '@assay/protocol/bus/subjects';
import type { PostedBatch } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { failed, startPosting, turnAfterMs } from './batch-in-hand.ts';
import { certifiedBatches, finishBatch, noteInBlock, renewCertificate } from './batches.ts';
import type { Books, Posting } from './books.ts';
import type { Emit, Question } from './effects.ts';
import { askForVanished } from './epochs/left-over.ts';
import type { PostingOutcome } from './events.ts';
import { watch } from './finality-watch.ts';
import { noteRoot, rootKey } from './proofs.ts';
import { startReporting } from './reporting.ts';

/** The batch as the chain shows it, and as it was seen before. */
export interface BatchView {
  readonly nowMs: number;
  /** Blocks on top of it, its own included; 0 when it is not in. */
  readonly confirmations: number;
  /** It was in when last looked at. */
  readonly wasIn: boolean;
  /** From when on it is this aggregator's turn to post it. */
  readonly turnMs: number;
}

/**
 * `report`: as many blocks stand on it as are wanted. `post`: it is not in, and it is this aggregator's turn.
 * `vanished`: a reorganisation took it; the turns begin anew. `wait`: it is in but not deep enough, or it is another's turn.
 */
export type PostingStep = 'report' | 'post' | 'vanished' | 'wait';

/** The next step for a batch. */
export function postingStep(view: BatchView, confirmationsWanted: number): PostingStep {
  if (view.confirmations >= confirmationsWanted) return 'report';
  if (view.confirmations > 0) return 'wait';
  if (view.wasIn) return 'vanished';
  return view.nowMs >= view.turnMs ? 'post' : 'wait';
}

/** Starts and goes on with everything whose time has come. */
export function runPostings(books: Books, nowMs: number, emit: Emit): void {
  bringOutMore(books, nowMs);
  for (const posting of books.postings.values()) {
    const isDue = nowMs >= posting.untilMs && (posting.phase === 'waiting' || posting.phase === 'resting');
    if (isDue) posting.phase = 'look';
    if (posting.phase === 'look') look(books, posting, emit);
  }
}

/** Takes certified batches in hand, lowest sequence first, a bounded number at once. */
function bringOutMore(books: Books, nowMs: number): void {
  const { batches, postings } = books;
  if (!batches.hasNews) return;
  batches.hasNews = false;
  for (const { proposal, certificate } of certifiedBatches(batches)) {
    const underWay = [...postings.values()].filter(({ isAgain }) => !isAgain).length;
    if (underWay >= tuning.batchesUnderWayMax) return;
    const { cosignature } = proposal;
    if (certificate === undefined || postings.has(cosignature.sequence)) continue;
    startPosting(books, { ...cosignature, certificate: certificate.bytes }, false, nowMs);
  }
}

function look({ blocks }: Books, posting: Posting, emit: Emit): void {
  const { epoch, sequence } = posting.batch;
  posting.phase = 'looking';
  posting.lookedAtHeight = blocks.height;
  emit({
    kind: 'ask',
    question: { id: `posting ${sequence}`, about: 'batch', asker: 'posting', epoch, sequence },
  });
}

/** The chain's answer for a batch in hand. */
export function onBatchSeen(
  books: Books,
  sequence: number,
  posted: PostedBatch | undefined,
  nowMs: number,
  emit: Emit,
): void {
  const posting = books.postings.get(sequence);
  if (posting?.phase !== 'looking') return;
  const confirmations = posted?.confirmations ?? 0;
  const { turnMs, wasIn } = posting;
  noteDepth(books, posting, confirmations);
  switch (postingStep({ nowMs, confirmations, wasIn, turnMs }, books.setting.pace.confirmations)) {
    case 'report':
      if (posted !== undefined) isIn(books, posting, posted, nowMs, emit);
      return;
    case 'post':
      post(books, posting, emit);
      return;
    case 'vanished':
      emit({ kind: 'note', note: { what: 'vanished', sequence } });
      posting.turnMs = nowMs + turnAfterMs(books, sequence);
      posting.phase = 'look';
      return;
    case 'wait':
      wait(books, posting, nowMs);
      return;
  }
}

/** No RPC answered: the batch is looked for again with the next block, or after a while. */
export function onBatchUnanswered(books: Books, sequence: number, nowMs: number): void {
  const posting = books.postings.get(sequence);
  if (posting?.phase === 'looking') wait(books, posting, nowMs);
}

function noteDepth({ batches, proposer }: Books, posting: Posting, confirmations: number): void {
  const isInBlock = confirmations > 0;
  if (!posting.isAgain) noteInBlock(batches, posting.batch.sequence, isInBlock);
  // There is room for another batch.
  if (isInBlock && !posting.wasIn) proposer.hasNews = true;
  posting.wasIn = isInBlock;
}

function wait({ blocks }: Books, posting: Posting, nowMs: number): void {
  const { turnMs } = posting;
  posting.phase = blocks.height === posting.lookedAtHeight ? 'waiting' : 'look';
  posting.untilMs = Math.min(turnMs > nowMs ? turnMs : Number.POSITIVE_INFINITY, nowMs + tuning.blockWaitMsMax);
}

function post({ batches, setting, tasks }: Books, posting: Posting, emit: Emit): void {
  posting.phase = 'posting';
  const open = posting.isAgain ? undefined : batches.open.get(posting.batch.sequence);
  if (open !== undefined) renewCertificate(setting, batches, open);
  posting.batch = { ...posting.batch, certificate: open?.certificate?.bytes ?? posting.batch.certificate };
  const { batch } = posting;
  const taskIds = open?.proposal.reports.map(({ task }) => task.taskId) ?? [];
  const links = taskIds.map((taskId) => tasks.open.get(taskId)?.known.headers ?? {});
  emit({ kind: 'post', batch, taskIds, links, ...(open === undefined ? {} : { parent: open.headers }) });
}

/** What the transmitter says. Its receipt tells all that the chain would be asked for, where one block is deep enough. */
export function onPosted(books: Books, sequence: number, outcome: PostingOutcome, nowMs: number, emit: Emit): void {
  const posting = books.postings.get(sequence);
  if (posting?.phase !== 'posting') return;
  switch (outcome.status) {
    case 'known':
      posting.phase = 'look';
      return;
    case 'failed':
      failed(books, posting, outcome.code, outcome.error, nowMs, emit);
      return;
    case 'refused': {
      const { epoch } = posting.batch;
      if (outcome.code === 'EpochNotCheckable' && nowMs >= books.leftOverFromMs) {
        // For good: the next epoch takes its tasks over.
        emit({ kind: 'note', note: { what: 'too-late', sequence } });
        books.postings.delete(sequence);
        if (posting.isAgain) askForVanished(books, posting.batch, emit);
        finishBatch(books.batches, sequence, (taskId) => books.tasks.done.has(taskId));
        return;
      }
      const error = `The contract refused batch ${batchIdOf(epoch, sequence)}: ${outcome.code}: ${outcome.detail}`;
      failed(books, posting, 'failed', error, nowMs, emit);
      return;
    }
    case 'posted': {
      const { transactionHash, blockNumber, gasUsed, transmitter } = outcome;
      const { root, count } = posting.batch;
      noteDepth(books, posting, 1);
      if (books.setting.pace.confirmations > 1) {
        wait(books, posting, nowMs);
        return;
      }
      const posted = { root, count, transactionHash, blockNumber, gasUsed, transmitter, confirmations: 1 };
      isIn(books, posting, posted, nowMs, emit);
      return;
    }
  }
}

/** As many blocks as are wanted stand on the batch. */
function isIn(books: Books, posting: Posting, posted: PostedBatch, nowMs: number, emit: Emit): void {
  const { batch } = posting;
  const { epoch, sequence } = batch;
  // Only when the stream of proposals was lost and counts anew does the chain hold another batch in this place.
  if (posted.root !== batch.root) {
    const error = `Another batch stands at sequence ${sequence} on chain; start a new epoch.`;
    failed(books, posting, 'failed', error, nowMs, emit);
    return;
  }
  noteRoot(books, rootKey(epoch, sequence, posted.root));
  watch(books.finality, batch, posted.blockNumber);
  if (posting.isAgain) {
    books.postings.delete(sequence);
    return;
  }
  emit({ kind: 'note', note: { what: 'confirmed', sequence, confirmations: posted.confirmations } });
  posting.posted = posted;
  startReporting(books, posting, emit);
}

/** Asks for the chain's height as long as somebody waits for a block: one question for all of them. */
export function runBlockWatch({ blocks, postings }: Books, nowMs: number, emit: Emit): void {
  const isWanted = [...postings.values()].some(({ phase }) => phase === 'waiting');
  if (!isWanted || blocks.isAsked || nowMs < blocks.nextMs) return;
  blocks.isAsked = true;
  const question: Question = { id: 'blocks', about: 'height' };
  emit({ kind: 'ask', question });
}

/** The chain's height, undefined where it did not answer. Nodes behind one address may differ in height, and answer by turns. */
export function onHeight({ blocks, postings }: Books, height: number | undefined, nowMs: number): void {
  blocks.isAsked = false;
  blocks.nextMs = nowMs + tuning.chainPollMs;
  if (height === undefined || height === blocks.height) return;
  blocks.height = height;
  for (const posting of postings.values()) if (posting.phase === 'waiting') posting.phase = 'look';
}

/** The soonest moment at which a batch, or the next block, is to be looked for. */
export function nextPostingMs({ postings, blocks }: Books): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { phase, untilMs } of postings.values()) {
    if (phase === 'waiting' || phase === 'resting') next = Math.min(next, untilMs);
    if (phase === 'waiting' && !blocks.isAsked) next = Math.min(next, blocks.nextMs);
  }
  return next;
}
