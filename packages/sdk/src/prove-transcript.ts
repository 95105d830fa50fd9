/** Checks that a session's agreement matches its Oracle's record on chain. It needs no secrets, so anyone can do it. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { messageOf, sessionTranscript } from '@assay/session-keys/agreement/agreement-view';
import { isSignedBySender, type Message } from '@assay/session-keys/agreement/message';
import type { ChainReader, RecordedSession } from './chain-reader.ts';

/**
 * Computes the transcript hash from the messages of one session's log (`GatewayClient.readSessionMessages`) and
 * compares it with the keystore's record. Only the first message that each participant signed in each round counts.
 * Refused: no first message, or messages missing before the confirmations (`transcript-incomplete`); no record
 * (`not-registered`); a participant or method that differs from the record (`wrong-participants`); another transcript
 * (`wrong-transcript`). Rejects if the chain does not respond.
 */
export async function proveTranscript(
  chain: Pick<ChainReader, 'sessionOf' | 'isTranscriptOf'>,
  messages: readonly Message[],
): Promise<Checked<{ readonly transcriptHash: Hex; readonly session: RecordedSession }>> {
  const first = messages.find(({ body }) => body.kind === 'propose' || body.kind === 'commit');
  if (first === undefined || (first.body.kind !== 'propose' && first.body.kind !== 'commit'))
    return refused('transcript-incomplete', 'There is no first message of an agreement.');
  const { sessionId, method } = first;
  const { coordinator, identities } = first.body;
  const log: Message[] = [];
  for (const message of messages) {
    const counts =
      message.sessionId === sessionId && message.method === method && isSignedBySender(message, identities);
    if (counts && messageOf(log, message.round, message.sender) === undefined) log.push(message);
  }
  const transcriptHash = sessionTranscript({
    method,
    plan: { sessionId, coordinator, identities },
    party: 'user',
    log,
  });
  if (transcriptHash === undefined)
    return refused('transcript-incomplete', 'Messages before the confirmations are missing.');
  const { user, miner, oracle } = identities;
  const session = await chain.sessionOf(oracle.address, sessionId);
  if (session === undefined)
    return refused('not-registered', `Oracle ${oracle.address} has no session ${sessionId} on record.`);
  if (session.user !== user.address || session.miner !== miner.address || session.method !== method)
    return refused('wrong-participants', `The record of ${sessionId} names another User, Miner or method.`);
  return (await chain.isTranscriptOf(oracle.address, sessionId, transcriptHash))
    ? accepted({ transcriptHash, session })
    : refused('wrong-transcript', `The record of ${sessionId} is not of transcript ${transcriptHash}.`);
}
