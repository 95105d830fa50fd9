import { fromHex, toHex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import { UPKEEP_ROUND } from '../methods/method-rounds.ts';
import type { Step, StepContext, StepResult } from './agreement.ts';
import type { AgreementState } from './agreement-state.ts';
import { alreadyProcessed, checkSession, type Ignore, phaseOf, sessionTranscript } from './agreement-view.ts';
import { isRekeyProof, nextEpochKey, rekeyMac } from './key-schedule.ts';
import { isSignedBySender, type Message } from './message.ts';
import type { RekeyBody } from './message-body.ts';
import { type Reject, rejected } from './refusal.ts';
import { sendMessage } from './send-message.ts';

/**
 * Moves an established session to its next epoch; only the oracle may. The new key is HKDF-SHA256 of the old one, which
 * is one-way. Content of the previous epoch stays readable for one more epoch. Refused: another party (`wrong-sender`),
 * a session that is not established (`message-too-early`) or closed (`session-closed`), and one beyond
 * {@link limits.sessionEpochMax} (`last-epoch`).
 */
export function rekeySession<S extends AgreementState>(state: S, context: StepContext): Step<S> | Reject {
  const unfit = checkEstablished(state);
  if (unfit !== undefined) return unfit;
  if (state.party !== 'oracle') return rejected('wrong-sender', 'only the oracle starts epochs of a session');
  if (state.epoch >= limits.sessionEpochMax) return rejected('last-epoch', 'the session has reached its last epoch');
  const key = nextKey(state);
  const next = inNextEpoch(state, key);
  const mac = rekeyMac(key, transcriptOf(state), next.epoch);
  return sendMessage(next, { kind: 'rekey', epoch: next.epoch, mac }, context);
}

/**
 * Closes an established session: the returned state holds no key. Refused: a session that is not established
 * (`message-too-early`) or already closed (`session-closed`).
 */
export function closeSession<S extends AgreementState>(state: S, context: StepContext): Step<S> | Reject {
  const unfit = checkEstablished(state);
  return unfit ?? sendMessage(withoutKeys(state), { kind: 'close' }, context);
}

/**
 * Handles a rekey or a close. Ignored: the current or an earlier epoch, a close of a closed session. Refused:
 * `wrong-agreement-method`, `wrong-session`, `wrong-round`, `wrong-sender` (a rekey by anybody but the oracle), `forged`,
 * `message-too-early` (not established, or an epoch is missing), `session-closed`, `transcript-mismatch`, `bad-confirmation` (a
 * rekey whose sender does not hold the key).
 */
export function receiveUpkeep<S extends AgreementState>(state: S, message: Message): StepResult<S> {
  const answer = checkUpkeep(state, message);
  if (answer !== undefined) return answer;
  if (message.body.kind === 'rekey') return hearRekey(state, message, message.body);
  const closed = withoutKeys(state);
  return { kind: 'accept', state: { ...closed, log: [...closed.log, message] }, send: [] };
}

function checkUpkeep(state: AgreementState, message: Message): Ignore | Reject | undefined {
  const foreign = checkSession(state, message);
  if (foreign !== undefined) return foreign;
  const { kind } = message.body;
  if ((kind !== 'rekey' && kind !== 'close') || message.round !== UPKEEP_ROUND[kind]) {
    return rejected('wrong-round', `${kind} does not belong to round ${message.round}`);
  }
  if (kind === 'rekey' && message.sender !== 'oracle') {
    return rejected('wrong-sender', 'only the oracle starts epochs of a session');
  }
  if (!isSignedBySender(message, state.plan.identities)) {
    return rejected('forged', `the signature is not by the ${message.sender} of this session`);
  }
  if (kind === 'close' && phaseOf(state) === 'closed') return alreadyProcessed();
  const unfit = checkEstablished(state);
  if (unfit !== undefined) return unfit;
  if (message.transcript !== transcriptOf(state)) {
    return rejected('transcript-mismatch', `the ${message.sender} refers to another agreement`);
  }
  return undefined;
}

function hearRekey<S extends AgreementState>(state: S, message: Message, body: RekeyBody): StepResult<S> {
  if (body.epoch <= state.epoch) return alreadyProcessed();
  if (body.epoch > state.epoch + 1) return rejected('message-too-early', `epoch ${state.epoch + 1} is missing`);
  const key = nextKey(state);
  if (!isRekeyProof(key, transcriptOf(state), body.epoch, body.mac)) {
    return rejected('bad-confirmation', `the ${message.sender} does not hold this session key`);
  }
  const next = inNextEpoch(state, key);
  return { kind: 'accept', state: { ...next, log: [...next.log, message] }, send: [] };
}

function checkEstablished(state: AgreementState): Reject | undefined {
  const phase = phaseOf(state);
  if (phase === 'closed') return rejected('session-closed', 'the session is closed');
  return phase === 'established' ? undefined : rejected('message-too-early', 'the session is not established');
}

function nextKey(state: AgreementState): Uint8Array {
  if (state.sessionKey === null) throw new Error('an established state must hold its session key');
  return nextEpochKey(state.plan, transcriptOf(state), state.epoch + 1, fromHex(state.sessionKey));
}

/** The state of the next epoch, without earlier rekeys. */
function inNextEpoch<S extends AgreementState>(state: S, key: Uint8Array): S {
  const log = state.log.filter(({ round }) => round !== UPKEEP_ROUND.rekey);
  return { ...state, log, epoch: state.epoch + 1, sessionKey: toHex(key), previousKey: state.sessionKey };
}

function withoutKeys<S extends AgreementState>(state: S): S {
  return { ...state, sessionKey: null, previousKey: null, ephemeralSecret: null };
}

function transcriptOf(state: AgreementState) {
  const transcript = sessionTranscript(state);
  if (transcript === undefined) throw new Error('an established state must hold the whole transcript');
  return transcript;
}
