import { fromHex, toHex } from '@assay/protocol/encoding/bytes';
import { checkPlan, type Step, type StepContext, type StepResult } from '../agreement/agreement.ts';
import { AGREEMENT_KEY_SIZE, agreementKeyOf, checkAgreementKey } from '../agreement/agreement-key.ts';
import type { Method2State } from '../agreement/agreement-state.ts';
import { checkMessage, isRoundComplete, knownTranscript, messageOf } from '../agreement/agreement-view.ts';
import { confirm, receiveConfirmation } from '../agreement/key-confirmation.ts';
import { KEY_SIZE } from '../agreement/key-schedule.ts';
import type { Message } from '../agreement/message.ts';
import type { DeliverBody, HelloBody } from '../agreement/message-body.ts';
import type { Reject } from '../agreement/refusal.ts';
import { sendMessage } from '../agreement/send-message.ts';
import type { AgreementPlan } from '../agreement/transcript.ts';
import { draw } from '../identity/encoding.ts';
import type { Party } from '../identity/identity.ts';
import { makeDelivery, openDelivery, type Recipient } from './method-2-delivery.ts';
import { allButCoordinator, openerOf, roundOf } from './method-rounds.ts';

const ROUND = { hello: roundOf('method-2', 'hello'), deliver: roundOf('method-2', 'deliver') } as const;

/**
 * Starts one party's side of a Method 2 agreement. The opener's first step (see {@link openerOf}) sends the proposal;
 * the others wait for it. `plan` contains what the party knows from the keystore, not from the proposal.
 *
 * Method 2 in short: `propose`, two `hello` with fresh X25519 keys, one `deliver` with the drawn key for each of them
 * by HPKE mode_auth (RFC 9180, section 5.1.3), three `confirm`. The session key is HKDF-SHA256 of the drawn key with
 * the transcript hash as salt. Only the coordinator contributes randomness to the key. Use Method 1 to avoid depending
 * on one party's randomness.
 *
 * Refused: whatever {@link checkPlan} refuses.
 * @throws RangeError or Error when a secret key has a wrong size or range.
 */
export function startMethod2(plan: AgreementPlan, party: Party, context: StepContext): Step<Method2State> | Reject {
  const bad = checkPlan(plan, party, context.secret);
  if (bad !== undefined) return { kind: 'reject', refusal: bad };
  const state: Method2State = {
    version: 1,
    method: 'method-2',
    plan,
    party,
    log: [],
    ephemeralSecret: null,
    sessionKey: null,
    previousKey: null,
    epoch: 0,
  };
  const { coordinator, identities } = plan;
  if (party !== openerOf(coordinator)) return { kind: 'accept', state, send: [] };
  const proposed = sendMessage(state, { kind: 'propose', coordinator, identities }, context);
  return party === coordinator ? proposed : followedBy(proposed, sayHello(proposed.state, context));
}

/**
 * Handles one message. The given state does not change; the answer contains the new state.
 *
 * Besides what {@link checkMessage} ignores and refuses: `low-order-point` and `non-canonical-point` for a hello's key,
 * `delivery-unreadable` and `key-hash-mismatch` for a delivery, `bad-confirmation` for a MAC under another key. Two
 * steps of one party that start from the same state must not both be kept: store the answer by compare-and-set.
 */
export async function receiveMethod2(
  state: Method2State,
  message: Message,
  context: StepContext,
): Promise<StepResult<Method2State>> {
  const answer = checkMessage(state, message);
  if (answer !== undefined) return answer;
  const heard = { ...state, log: [...state.log, message] };
  switch (message.body.kind) {
    case 'propose':
      return state.party === state.plan.coordinator
        ? { kind: 'accept', state: heard, send: [] }
        : sayHello(heard, context);
    case 'hello':
      return hearHello(heard, message.body, context);
    case 'deliver':
      return hearDelivery(heard, message.body, context);
    case 'confirm':
      return receiveConfirmation(heard, message.sender, message.body);
    case 'commit':
    case 'open':
    case 'contribute':
    case 'rekey':
    case 'close':
      throw new Error(`${message.body.kind} is in no round of Method 2`);
  }
}

function sayHello(state: Method2State, context: StepContext): Step<Method2State> {
  const ephemeralSecret = draw(context.random, AGREEMENT_KEY_SIZE);
  const body: HelloBody = { kind: 'hello', ephemeralKey: agreementKeyOf(ephemeralSecret) };
  return sendMessage({ ...state, ephemeralSecret: toHex(ephemeralSecret) }, body, context);
}

async function hearHello(
  state: Method2State,
  hello: HelloBody,
  context: StepContext,
): Promise<StepResult<Method2State>> {
  const bad = checkAgreementKey(hello.ephemeralKey);
  if (bad !== undefined) return { kind: 'reject', refusal: bad };
  const isMyTurn = state.party === state.plan.coordinator && isRoundComplete(state, ROUND.hello);
  return isMyTurn ? deliver(state, context) : { kind: 'accept', state, send: [] };
}

async function deliver(state: Method2State, context: StepContext): Promise<Step<Method2State>> {
  const drawnKey = draw(context.random, KEY_SIZE);
  const body = await makeDelivery(
    { plan: state.plan, transcript: knownTranscript(state, ROUND.deliver) },
    recipientsOf(state),
    drawnKey,
    context.secret.agreementSecret,
    context.random,
  );
  const delivered = sendMessage(state, body, context);
  return followedBy(delivered, confirm(delivered.state, drawnKey, context));
}

async function hearDelivery(
  state: Method2State,
  delivery: DeliverBody,
  context: StepContext,
): Promise<StepResult<Method2State>> {
  if (state.ephemeralSecret === null) throw new Error('a state with a hello must hold its ephemeral secret');
  const bound = { plan: state.plan, transcript: knownTranscript(state, ROUND.deliver) };
  const opened = await openDelivery(bound, state.party, fromHex(state.ephemeralSecret), delivery);
  return opened.ok ? confirm(state, opened.value, context) : { kind: 'reject', refusal: opened.refusal };
}

/** Two steps of one party as one. */
function followedBy(first: Step<Method2State>, second: Step<Method2State>): Step<Method2State> {
  return { kind: 'accept', state: second.state, send: [...first.send, ...second.send] };
}

function recipientsOf(state: Method2State): [Recipient, Recipient] {
  const [first, second] = allButCoordinator(state.plan.coordinator).flatMap((party) => {
    const body = messageOf(state.log, ROUND.hello, party)?.body;
    return body?.kind === 'hello' ? [{ party, ephemeralKey: body.ephemeralKey }] : [];
  });
  if (first === undefined || second === undefined) throw new Error('a delivery needs both hellos');
  return [first, second];
}
