/** Asks bus and chain what the reducer wants to know. */

import type { Question } from '@assay/aggregation/effects';
import type { Answer } from '@assay/aggregation/events';
import { intentSchema, type PostableBatch } from '@assay/protocol/batch/intent';
import { subjects } from '@assay/protocol/bus/subjects';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import type { Bus, Clock } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { findPledge } from '@assay/runtime/validator/pledges';
import type { Aggregator } from './aggregator.ts';

/** Whether a question is put to the chain in a round that goes on without an answer; all others are repeated until there is one. */
export function isAskedOnce({ about }: Question): boolean {
  return about === 'batch' || about === 'height' || about === 'finality' || about === 'block';
}

/** Whether a question is put to the chain. */
export function isOfChain(question: Question): boolean {
  return question.about === 'proof' || isAskedOnce(question);
}

/** The answer. Rejects when bus or chain do not answer. */
export async function answerTo(aggregator: Aggregator, question: Question, signal: AbortSignal): Promise<Answer> {
  const { bus, chain } = aggregator;
  const { id } = question;
  switch (question.about) {
    case 'task': {
      const { about, taskId } = question;
      return defined({ id, about, taskId, message: await bus.next('TASKS', subjects.task(taskId), 0) });
    }
    case 'pledge': {
      const { about, taskId, role, operator, opened } = question;
      return defined({ id, about, placed: await findPledge(aggregator, taskId, role, operator, opened) });
    }
    case 'last':
      return { id, about: question.about, sequence: await bus.lastSequence(question.stream) };
    case 'report': {
      const { about, taskId } = question;
      return defined({ id, about, taskId, message: await bus.last('REPORTS', subjects.report(taskId)) });
    }
    case 'intents':
      return { id, about: question.about, ...(await signedLately(aggregator, question.fromSequence, signal)) };
    case 'proof': {
      const { about, root, epoch, sequence, report, proof } = question;
      return { id, about, root, isProven: await chain.verifyReport(epoch, sequence, report, proof) };
    }
    case 'batch': {
      const { about, asker, epoch, sequence } = question;
      return defined({ id, about, asker, sequence, posted: await chain.postedBatch(epoch, sequence, 1) });
    }
    case 'height':
      return { id, about: question.about, height: await chain.height() };
    case 'finality': {
      const hash = question.height === undefined ? undefined : await chain.blockHash(question.height);
      return defined({ id, about: question.about, hash, finalHeight: await chain.finalHeight(question.finality) });
    }
    case 'block':
      return defined({
        id,
        about: question.about,
        height: question.height,
        hash: await chain.blockHash(question.height),
      });
  }
}

/** An answer as the recording has it: what is not there is no property of it. */
function defined(answer: { readonly [name: string]: unknown }): Answer {
  return Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== undefined)) as Answer;
}

/** What any transmitter signed within {@link tuning.finalityWatchMs}, newest last: each batch once. */
async function signedLately(
  { bus, clock }: { readonly bus: Bus; readonly clock: Clock },
  fromSequence: number,
  signal: AbortSignal,
): Promise<{ batches: PostableBatch[]; last: number }> {
  const { first, last } = await bus.extent('INTENTS');
  const lately = new Map<string, PostableBatch>();
  const from = Math.max(first, fromSequence);
  if (from > last) return { batches: [], last };
  const done = new AbortController();
  for await (const message of bus.follow('INTENTS', { fromSequence: from }, AbortSignal.any([signal, done.signal]))) {
    const decoded = decodeMessage(intentSchema, message.data);
    const batch = decoded.ok ? decoded.value.batch : undefined;
    const isRecent = clock.nowMs() - message.timestampMs <= tuning.finalityWatchMs;
    if (batch !== undefined && isRecent) lately.set(`${batch.epoch}-${batch.sequence}`, batch);
    if (message.sequence >= last) done.abort();
  }
  if (!done.signal.aborted) throw new Error('INTENTS could not be read to its end.');
  return { batches: [...lately.values()].slice(-tuning.watchedBatchesMax), last };
}
