/** Gets the record of sessions on chain from the audit stream, behind the agreements and never in their way. */
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { addressSchema, digestSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import type { BusMessage, SessionLedger } from '@assay/protocol/ports';
import { accept, ignore, type Outcome, reject } from '@assay/runtime/loop/outcome';
import { establishedSession } from '@assay/session-keys/agreement/agreement-state';
import { METHODS } from '@assay/session-keys/agreement/transcript';
import { z } from 'zod';
import type { Participant } from './participant.ts';

const parties = { method: z.enum(METHODS), user: addressSchema, miner: addressSchema };

/** What {@link announce} tells of a session. */
const entrySchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('proposed'), sessionId: digestSchema, ...parties }),
  z.object({ state: z.literal('established'), sessionId: digestSchema, ...parties, transcriptHash: digestSchema }),
  z.object({ state: z.literal('rekeyed'), sessionId: digestSchema, epoch: z.int().min(1).max(limits.sessionEpochMax) }),
  z.object({ state: z.literal('closed'), sessionId: digestSchema }),
]);

/**
 * Records one entry. The replicas share the consumer and take one entry at a time, because they share the account that
 * pays. An agreement that is done before its turn comes is not recorded as proposed first: its establishment says all.
 * Rejects when the chain does not take the transaction; the entry then comes again.
 */
export async function onSessionEntry(
  { sessions, telemetry }: Pick<Participant, 'sessions' | 'telemetry'>,
  ledger: SessionLedger,
  { data }: BusMessage,
): Promise<Outcome> {
  const decoded = decodeMessage(entrySchema, data);
  if (!decoded.ok) return reject(decoded.refusal);
  const entry = decoded.value;
  if (entry.state === 'proposed') {
    const held = await sessions.load(entry.sessionId);
    if (held !== undefined && establishedSession(held.state) !== undefined) return ignore('established-meanwhile');
  }
  const answer = await ledger.record(entry);
  if (answer.status === 'recorded') return accept(entry.state);
  // A repeat, of an entry whose acknowledgement was lost, is refused too.
  telemetry.log.warn('the keystore refused a session', {
    sessionId: entry.sessionId,
    state: entry.state,
    detail: answer.detail,
  });
  return ignore('keystore-refused');
}
