import { fromHex, toHex } from '@assay/protocol/encoding/bytes';
import type { Party } from '../identity/identity.ts';
import { CONFIRM_ROUND } from '../methods/method-rounds.ts';
import type { Step, StepContext, StepResult } from './agreement.ts';
import type { AgreementState } from './agreement-state.ts';
import { knownTranscript } from './agreement-view.ts';
import { confirmationMac, deriveSessionKey, isConfirmation } from './key-schedule.ts';
import type { ConfirmBody } from './message-body.ts';
import { rejected } from './refusal.ts';
import { sendMessage } from './send-message.ts';

/** Derives the session key from the result of the method, deletes the secrets that led to it, and proves possession. */
export function confirm<S extends AgreementState>(state: S, agreed: Uint8Array, context: StepContext): Step<S> {
  const transcript = knownTranscript(state, CONFIRM_ROUND);
  const sessionKey = deriveSessionKey(state.method, state.plan, transcript, agreed);
  const mac = confirmationMac(sessionKey, transcript, state.party);
  return sendMessage(
    { ...state, ephemeralSecret: null, sessionKey: toHex(sessionKey) },
    { kind: 'confirm', mac },
    context,
  );
}

/** Checks another party's proof. Refused: a MAC under another key, or of another party (`bad-confirmation`). */
export function receiveConfirmation<S extends AgreementState>(
  state: S,
  sender: Party,
  body: ConfirmBody,
): StepResult<S> {
  if (state.sessionKey === null) throw new Error('a state before the confirmations must hold the session key');
  const transcript = knownTranscript(state, CONFIRM_ROUND);
  if (!isConfirmation(fromHex(state.sessionKey), transcript, sender, body.mac)) {
    return rejected('bad-confirmation', `the ${sender} does not hold this session key`);
  }
  return { kind: 'accept', state, send: [] };
}
