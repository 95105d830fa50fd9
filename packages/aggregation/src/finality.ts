/** Looks for reorganisations until posted batches are final, and has those posted again that a reorganisation took. */

import type { PostableBatch } from '@assay/protocol/batch/intent';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { PostedBatch } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { startPosting } from './batch-in-hand.ts';
import type { Books, FinalityWatch } from './books.ts';
import type { Emit } from './effects.ts';
import { highest, keyOf, watch } from './finality-watch.ts';

/** Begins a round when its time has come, and goes on with the one that is under way. */
export function runFinality(books: Books, nowMs: number, emit: Emit): void {
  const { finality, lanes, setting } = books;
  if (finality.intents === 'unread' && lanes.PROPOSALS.position >= lanes.PROPOSALS.target) {
    finality.intents = 'asked';
    emit({ kind: 'ask', question: { id: 'intents', about: 'intents', fromSequence: finality.intentsRead + 1 } });
  }
  if (finality.phase === 'idle' && nowMs >= finality.nextMs) {
    tellSize(books, emit);
    finality.toLook = finality.toRecover.splice(0);
    if (finality.toLook.length > 0) finality.phase = 'looking';
    else if (finality.watched.size > 0) askFinality(finality, setting.pace.finality, emit);
    else rest(finality, nowMs);
  }
  if (finality.phase === 'looking') lookOn(finality, nowMs, emit);
}

function tellSize({ finality, told }: Books, emit: Emit): void {
  if (told.unfinal === finality.watched.size) return;
  told.unfinal = finality.watched.size;
  emit({ kind: 'note', note: { what: 'unfinal', count: told.unfinal } });
}

function askFinality(watch: FinalityWatch, finality: Books['setting']['pace']['finality'], emit: Emit): void {
  watch.phase = 'asking';
  const question = { id: 'finality', about: 'finality', finality } as const;
  emit({ kind: 'ask', question: watch.seen === undefined ? question : { ...question, height: watch.seen.height } });
}

function rest(watch: FinalityWatch, nowMs: number): void {
  watch.phase = 'idle';
  watch.nextMs = nowMs + tuning.finalityPollMs;
  watch.looked.clear();
}

/** What the chain says of the last block seen: another hash, or none, says that there was a reorganisation at or below it. */
export function onFinality({ finality }: Books, hash: Hex | undefined, finalHeight: number, emit: Emit): void {
  if (finality.phase !== 'asking') return;
  const { seen } = finality;
  const all = [...finality.watched.values()];
  const isReorganised = seen !== undefined && seen.hash !== hash;
  if (isReorganised) emit({ kind: 'note', note: { what: 'reorganised', height: seen.height } });
  // A last look before each is let go: what happened between a batch's block and the first hash of it left no trace.
  finality.toLook = all.filter(({ height }) => isReorganised || height <= finalHeight).map(({ batch }) => batch);
  finality.finalHeight = finalHeight;
  finality.phase = 'looking';
}

/** Looks for some batches at once; when all are looked for, those are let go that can no longer be taken back. */
function lookOn(finality: FinalityWatch, nowMs: number, emit: Emit): void {
  while (finality.toLook.length > 0 && finality.looking.size < tuning.batchesUnderWayMax) {
    const batch = finality.toLook.shift();
    if (batch === undefined) break;
    const { epoch, sequence } = batch;
    finality.looking.set(sequence, batch);
    const question = { id: `finality ${sequence}`, about: 'batch', asker: 'finality', epoch, sequence } as const;
    emit({ kind: 'ask', question });
  }
  if (finality.looking.size > 0) return;
  for (const key of finality.looked) {
    const one = finality.watched.get(key);
    if (one !== undefined && one.height <= finality.finalHeight) finality.watched.delete(key);
  }
  const height = highest(finality);
  if (height === undefined) {
    delete finality.seen;
    rest(finality, nowMs);
    return;
  }
  finality.phase = 'hashing';
  emit({ kind: 'ask', question: { id: 'finality block', about: 'block', height } });
}

/** Where a batch is now; one that is nowhere is posted again, each aggregator at its turn. */
export function onBatchLooked(
  books: Books,
  sequence: number,
  posted: PostedBatch | undefined,
  nowMs: number,
  emit: Emit,
): void {
  const { finality, postings, batches } = books;
  const batch = finality.looking.get(sequence);
  if (batch === undefined) return;
  finality.looking.delete(sequence);
  if (posted !== undefined) {
    watch(finality, batch, posted.blockNumber);
    finality.looked.add(keyOf(batch));
    return;
  }
  finality.watched.delete(keyOf(batch));
  if (postings.has(sequence) || batches.open.has(sequence)) return;
  emit({ kind: 'note', note: { what: 'vanished', sequence } });
  startPosting(books, batch, true, nowMs);
}

/** The hash of the highest block that matters. */
export function onBlock({ finality }: Books, height: number, hash: Hex | undefined, nowMs: number): void {
  if (finality.phase !== 'hashing') return;
  if (hash === undefined) delete finality.seen;
  else finality.seen = { height, hash };
  rest(finality, nowMs);
}

/** The chain does not answer: the round ends. What was to be recovered is looked for in the next. */
export function onFinalityUnanswered({ finality }: Books, nowMs: number): void {
  if (finality.phase === 'idle') return;
  const { watched, looking, toLook } = finality;
  const unknown = [...looking.values(), ...toLook].filter((batch) => !watched.has(keyOf(batch)));
  finality.toRecover.push(...unknown);
  finality.toLook = [];
  looking.clear();
  rest(finality, nowMs);
}

/** What transmitters signed lately: a reorganisation may have come while no aggregator was there to see it. */
export function onIntents({ finality, setting }: Books, posted: readonly PostableBatch[], last: number): void {
  finality.intents = 'read';
  finality.intentsRead = Math.max(finality.intentsRead, last);
  const { epoch } = setting.network;
  const isNew = (batch: PostableBatch) => batch.epoch === epoch && !finality.watched.has(keyOf(batch));
  finality.toRecover.push(...posted.filter(isNew).slice(-tuning.watchedBatchesMax));
  finality.nextMs = 0;
}

/** When the next round begins. */
export function nextFinalityMs({ finality }: Books): number {
  return finality.phase === 'idle' ? finality.nextMs : Number.POSITIVE_INFINITY;
}
