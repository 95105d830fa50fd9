import { roundOf, UPKEEP_ROUND } from '../methods/method-rounds.ts';
import type { Step, StepContext } from './agreement.ts';
import type { AgreementState } from './agreement-state.ts';
import { knownTranscript } from './agreement-view.ts';
import { signMessage } from './message.ts';
import type { MessageBody } from './message-body.ts';

/** Signs a party's next message and appends it to its log. */
export function sendMessage<S extends AgreementState>(state: S, body: MessageBody, context: StepContext): Step<S> {
  const round = roundOf(state.method, body.kind);
  const { plan, party: sender, method } = state;
  const transcript = knownTranscript(state, Math.min(round, UPKEEP_ROUND.rekey - 1));
  const message = signMessage(
    { version: 1, method, sessionId: plan.sessionId, round, sender, transcript, body },
    plan.identities,
    context.secret.signingKey,
  );
  return { kind: 'accept', state: { ...state, log: [...state.log, message] }, send: [message] };
}
