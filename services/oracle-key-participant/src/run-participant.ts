/** The loops of the key participant: session messages from the stream, unseal requests from validators, closed sessions of other replicas, entries for the chain. */
import { ledgerWork, sessionWork } from '@assay/protocol/bus/consumers';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { digestSchema } from '@assay/protocol/encoding/fields';
import { errorText } from '@assay/protocol/error-text';
import type { BusMessage, ContentStore } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { runWorkLoop } from '@assay/runtime/loop/work-loop';
import { spans } from '@assay/runtime/service/telemetry-names';
import { z } from 'zod';
import { closeDueSessions } from './closing.ts';
import { answerUnseal } from './grant-keys.ts';
import { onSessionMessage } from './handler.ts';
import type { Participant } from './participant.ts';
import { onSessionEntry } from './record-sessions.ts';

const queue = 'oracle-key-participant';
const closedSchema = z.looseObject({ sessionId: digestSchema });

/**
 * Runs until the signal aborts. Session messages and unseal requests are shared by the replicas: those of one session
 * come one after the other within a process, and compare-and-set keeps the order among processes.
 */
export async function runParticipant(
  participant: Participant & { readonly contentStore: ContentStore },
  signal: AbortSignal,
): Promise<void> {
  const { bus, telemetry, service, clock, contentStore } = participant;
  await bus.respond(
    subjects.unseal,
    queue,
    ({ data, headers }) => answerUnseal(participant, contentStore, data, headers),
    signal,
  );
  const inOrder = bySubject();
  const taking = runWorkLoop(
    {
      bus,
      telemetry,
      service,
      clock,
      stream: 'SESSIONS',
      spanName: spans.sessionMessage,
      work: { ...sessionWork(), concurrency: tuning.sessionConcurrency },
      handler: (message) => inOrder(message.subject, () => onSessionMessage(participant, message)),
    },
    signal,
  );
  await Promise.all([
    taking,
    noteClosed(participant, signal),
    closeDueSessions(participant, signal),
    recordSessions(participant, signal),
  ]);
}

/** Records entries on chain, one at a time for all replicas, if this process writes the record. */
async function recordSessions(participant: Participant, signal: AbortSignal): Promise<void> {
  const { bus, telemetry, service, clock, ledger } = participant;
  if (ledger === undefined) return;
  const handler = (message: BusMessage) => onSessionEntry(participant, ledger, message);
  const work = { ...ledgerWork(), concurrency: 1 };
  const loop = {
    bus,
    telemetry,
    service,
    clock,
    stream: 'AUDIT',
    spanName: spans.recordSession,
    work,
    handler,
  } as const;
  await runWorkLoop(loop, signal);
}

/** Runs work for one subject sequentially, and for different subjects in parallel. */
function bySubject(): <T>(subject: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return async (subject, work) => {
    const mine = (last.get(subject) ?? Promise.resolve()).then(work, work);
    last.set(subject, mine);
    try {
      return await mine;
    } finally {
      if (last.get(subject) === mine) last.delete(subject);
    }
  };
}

/**
 * Notes every session that any replica has closed, as far back as the stream goes, so that neither memory nor the cache
 * restores one.
 */
async function noteClosed({ bus, sessions, telemetry, clock }: Participant, signal: AbortSignal): Promise<void> {
  let next = 1;
  while (!signal.aborted) {
    try {
      const options = { filterSubject: subjects.auditOfSessions('closed'), fromSequence: next };
      for await (const { data, sequence } of bus.follow('AUDIT', options, signal)) {
        next = sequence + 1;
        const closed = decodeMessage(closedSchema, data);
        if (closed.ok) sessions.close(closed.value.sessionId as Hex);
      }
    } catch (error) {
      if (signal.aborted) return;
      telemetry.log.warn('the closed sessions cannot be followed; retrying', { error: errorText(error) });
      await clock.sleep(tuning.retryDelayMs, signal);
    }
  }
}
