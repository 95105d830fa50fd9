/**
 * The aggregator as a reducer. The same books and the same event give the same effects on any machine at any time: it asks
 * no clock, no randomness and no network. `books` are changed in place and handed back; nobody else may hold on to them.
 */

import type { PostedBatch } from '@assay/protocol/ports';
import { type Books, type HeldMessage, isCaughtUp } from './books.ts';
import type { Effect, Emit, Question } from './effects.ts';
import { epochFromMs, onEnds } from './epochs/epoch-end.ts';
import { onVanished } from './epochs/left-over.ts';
import type { Answer, Event } from './events.ts';
import {
  nextFinalityMs,
  onBatchLooked,
  onBlock,
  onFinality,
  onFinalityUnanswered,
  onIntents,
  runFinality,
} from './finality.ts';
import { type FollowedStream, followedStreams } from './followed-streams.ts';
import { KnownAnswers } from './known-answers.ts';
import { type Decided, ignore, onCosignature, onObservation, onReport, onTask } from './messages.ts';
import {
  nextPostingMs,
  onBatchSeen,
  onBatchUnanswered,
  onHeight,
  onPosted,
  runBlockWatch,
  runPostings,
} from './posting.ts';
import { onProposal } from './proposals.ts';
import { onProposed, runProposer } from './proposer.ts';
import { onProof, onReportPublished, onStandingReport } from './reporting.ts';
import { nextRereadingMs, noteReread, runRereading } from './rereading.ts';

/** The books after an event, and what is to be done. */
export interface Stepped {
  readonly books: Books;
  readonly effects: readonly Effect[];
}

/** Takes one event in. */
export function step(books: Books, event: Event): Stepped {
  const effects: Effect[] = [];
  const emit: Emit = (effect) => void effects.push(effect);
  takeIn(books, event, emit);
  settle(books, event.atMs, event.kind === 'tick', emit);
  return { books, effects };
}

function takeIn(books: Books, event: Event, emit: Emit): void {
  const { atMs } = event;
  switch (event.kind) {
    case 'started':
      onStarted(books, event.streams, emit);
      return;
    case 'message':
      books.lanes[event.stream].held = { message: event.message, asked: new Set(), answers: new Map() };
      return;
    case 'tick':
      return;
    case 'ends':
      onEnds(books, event);
      return;
    case 'answer':
      onAnswer(books, event.answer, atMs, emit);
      return;
    case 'unanswered':
      onUnanswered(books, event.question, event.error, atMs, emit);
      return;
    case 'proposed':
      onProposed(books, event.outcome, atMs, emit);
      return;
    case 'posted':
      onPosted(books, event.sequence, event.outcome, atMs, emit);
      return;
    case 'report-published':
      onReportPublished(books, event.sequence, event.taskId, event.outcome, atMs, emit);
      return;
  }
}

/** Goes on from where the books are. What is to be followed begins with REPORTS; see `settle` for the others. */
function onStarted(books: Books, streams: (Event & { kind: 'started' })['streams'], emit: Emit): void {
  for (const stream of followedStreams) {
    const lane = books.lanes[stream];
    const { first, last } = streams[stream];
    // What a stream does not hold any more cannot be waited for.
    lane.position = Math.max(lane.position, first - 1);
    lane.target = last;
  }
  for (const { question } of books.proving.values()) emit({ kind: 'ask', question });
  follow(books, 'REPORTS', emit);
}

/** Follows a stream from the last message that was read, or from the beginning of the epoch where none was. */
function follow({ lanes, setting }: Books, stream: FollowedStream, emit: Emit): void {
  const lane = lanes[stream];
  if (lane.isFollowed) return;
  lane.isFollowed = true;
  const fromMs = epochFromMs(setting);
  if (lane.mark === undefined && fromMs > 0) emit({ kind: 'follow', stream, fromMs });
  else emit({ kind: 'follow', stream, fromSequence: lane.position + 1 });
}

function onAnswer(books: Books, answer: Answer, atMs: number, emit: Emit): void {
  for (const { held } of Object.values(books.lanes)) {
    if (held?.asked.has(answer.id)) {
      held.answers.set(answer.id, answer);
      return;
    }
  }
  switch (answer.about) {
    case 'report':
      onStandingReport(books, answer.taskId, answer.message, atMs, emit);
      return;
    case 'intents':
      onIntents(books, answer.batches, answer.last);
      return;
    case 'proof':
      onProof(books, answer.root, answer.isProven, atMs, emit);
      return;
    case 'batch':
      onBatch(books, answer.asker, answer.sequence, answer.posted, atMs, emit);
      return;
    case 'height':
      onHeight(books, answer.height, atMs);
      return;
    case 'finality':
      onFinality(books, answer.hash, answer.finalHeight, emit);
      return;
    case 'block':
      onBlock(books, answer.height, answer.hash, atMs);
      return;
    case 'task':
      onVanished(books, answer.id, answer.message);
      return;
    case 'pledge':
    case 'last':
      // Of a message that is decided on by now.
      return;
  }
}

function onBatch(
  books: Books,
  asker: 'posting' | 'finality',
  sequence: number,
  posted: PostedBatch | undefined,
  atMs: number,
  emit: Emit,
): void {
  if (asker === 'posting') onBatchSeen(books, sequence, posted, atMs, emit);
  else onBatchLooked(books, sequence, posted, atMs, emit);
}

function onUnanswered(books: Books, question: Question, error: string, atMs: number, emit: Emit): void {
  if (question.about === 'height') {
    onHeight(books, undefined, atMs);
    return;
  }
  emit({ kind: 'note', note: { what: 'chain-silent', about: question.about, error } });
  if (question.about === 'batch' && question.asker === 'posting') onBatchUnanswered(books, question.sequence, atMs);
  else onFinalityUnanswered(books, atMs);
}

/** Does whatever can be done now. */
function settle(books: Books, atMs: number, isTick: boolean, emit: Emit): void {
  while (followedStreams.some((stream) => decide(books, stream, atMs, emit)));
  tellCaughtUp(books, emit);
  runPostings(books, atMs, emit);
  runProposer(books, atMs, emit);
  runBlockWatch(books, atMs, emit);
  runFinality(books, atMs, emit);
  runRereading(books, atMs, emit);
  setTimer(books, isTick, emit);
}

/** Decides on the message that a lane holds, if that can be done; says whether it was. */
function decide(books: Books, stream: FollowedStream, atMs: number, emit: Emit): boolean {
  const lane = books.lanes[stream];
  const { held } = lane;
  if (held === undefined) return false;
  const decided = handle(books, stream, held, atMs, emit);
  if (decided === undefined) return false;
  const { subject, timestampMs, sequence } = held.message;
  delete lane.held;
  if (sequence > lane.position) {
    lane.position = sequence;
    lane.mark = { subject, timestampMs };
  }
  // With each proposal the turn passes on: whoever waited for it must look again.
  if (stream === 'PROPOSALS') books.proposer.hasNews = true;
  emit({ kind: 'handled', stream, sequence, ...(noteReread(lane, sequence) ? quietly(decided) : decided) });
  return true;
}

/** A refusal of what was decided on before has left its dead letter. */
function quietly({ decision, ...others }: Decided): Decided {
  return decision.kind === 'reject' ? { ...ignore(decision.refusal.code), ...others } : { decision, ...others };
}

function handle(
  books: Books,
  stream: FollowedStream,
  held: HeldMessage,
  atMs: number,
  emit: Emit,
): Decided | undefined {
  const answers = new KnownAnswers(books, stream, held, emit);
  switch (stream) {
    case 'REPORTS':
      return onReport(books, held.message, emit);
    case 'TASKS':
      return onTask(books, held.message, answers);
    case 'OBSERVATIONS':
      return onObservation(books, held.message, answers);
    case 'PROPOSALS':
      return onProposal(books, held, answers, atMs);
    case 'COSIGNATURES':
      return onCosignature(books, held.message, answers, emit);
  }
}

/** Once the reports that were there are read and proven, the other streams are followed; once these are read, it is said. */
function tellCaughtUp(books: Books, emit: Emit): void {
  const { lanes, proving, told, tasks, batches } = books;
  if (told.isCaughtUp) return;
  if (proving.size > 0 || lanes.REPORTS.position < lanes.REPORTS.target || !lanes.REPORTS.isFollowed) return;
  for (const stream of followedStreams) follow(books, stream, emit);
  if (!isCaughtUp(books)) return;
  told.isCaughtUp = true;
  books.proposer.hasNews = true;
  emit({ kind: 'note', note: { what: 'caught-up', openTasks: tasks.open.size, openBatches: batches.open.size } });
}

function setTimer(books: Books, isTick: boolean, emit: Emit): void {
  const atMs = Math.min(
    books.told.isCaughtUp && books.proposer.waiting === undefined ? books.proposer.dueMs : Number.POSITIVE_INFINITY,
    nextPostingMs(books),
    nextFinalityMs(books),
    nextRereadingMs(books),
  );
  if (!Number.isFinite(atMs) || (atMs === books.timerMs && !isTick)) return;
  books.timerMs = atMs;
  emit({ kind: 'timer', atMs });
}
