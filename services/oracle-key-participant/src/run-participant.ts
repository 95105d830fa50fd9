/** The loops of the key participant: session messages from the stream, unseal requests from validators. */
import { sessionWork } from '@assay/protocol/bus-consumers';
import type { ContentStore } from '@assay/protocol/ports';
import { subjects } from '@assay/protocol/subjects';
import { spans } from '@assay/runtime/signals';
import { runWorkLoop } from '@assay/runtime/work-loop';
import { answerUnseal } from './grant-keys.ts';
import { onSessionMessage } from './handler.ts';
import type { Participant } from './participant.ts';

const queue = 'oracle-key-participant';

/**
 * Runs until the signal aborts. Session messages are taken one at a time and in order, so that no two steps start from
 * one state; unseal requests are shared by the replicas.
 */
export async function runParticipant(
  participant: Participant & { readonly contentStore: ContentStore },
  signal: AbortSignal,
): Promise<void> {
  const { bus, telemetry, service, clock } = participant;
  await bus.respond(
    subjects.unseal,
    queue,
    ({ data, headers }) => answerUnseal(participant, participant.contentStore, data, headers),
    signal,
  );
  await runWorkLoop(
    {
      bus,
      telemetry,
      service,
      clock,
      stream: 'SESSIONS',
      spanName: spans.sessionMessage,
      work: { ...sessionWork(), concurrency: 1 },
      handler: (message) => onSessionMessage(participant, message),
    },
    signal,
  );
}
