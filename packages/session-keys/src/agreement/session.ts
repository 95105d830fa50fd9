import type { Party } from '../identity/identity.ts';
import { receiveMethod1, startMethod1 } from '../methods/method-1.ts';
import { receiveMethod2, startMethod2 } from '../methods/method-2.ts';
import type { Step, StepContext, StepResult } from './agreement.ts';
import type { AgreementState } from './agreement-state.ts';
import type { Message } from './message.ts';
import type { Reject } from './refusal.ts';
import { receiveUpkeep } from './rekey-and-close.ts';
import type { AgreementPlan, Method } from './transcript.ts';

/** Starts one party's side of an agreement by the given method; see {@link startMethod1} and {@link startMethod2}. */
export function startAgreement(
  method: Method,
  plan: AgreementPlan,
  party: Party,
  context: StepContext,
): Step<AgreementState> | Reject {
  return method === 'method-1' ? startMethod1(plan, party, context) : startMethod2(plan, party, context);
}

/** Handles one message of a session, for any method and round; see the methods and {@link receiveUpkeep}. */
export async function receiveMessage(
  state: AgreementState,
  message: Message,
  context: StepContext,
): Promise<StepResult<AgreementState>> {
  if (message.body.kind === 'rekey' || message.body.kind === 'close') return receiveUpkeep(state, message);
  return state.method === 'method-1'
    ? receiveMethod1(state, message, context)
    : receiveMethod2(state, message, context);
}
