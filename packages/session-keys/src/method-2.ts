import { fromHex, type Hex, toHex } from '@assay/protocol/bytes';
import { checkPlan, type Step, type StepContext, type StepResult } from './agreement.ts';
import { AGREEMENT_KEY_SIZE, agreementKeyOf, checkAgreementKey } from './agreement-key.ts';
import { confirmationMac, deriveSessionKey, isConfirmation, KEY_SIZE } from './confirmation.ts';
import { draw } from './encoding.ts';
import type { Party } from './identity.ts';
import { type Message, signMessage } from './message.ts';
import type { ConfirmBody, DeliverBody, HelloBody, MessageBody } from './message-body.ts';
import { makeDelivery, openDelivery, type Recipient } from './method-2-delivery.ts';
import { METHOD_2, METHOD_2_ROUND, type Method2State } from './method-2-state.ts';
import { type Reject, rejected } from './refusal.ts';
import { allButCoordinator, checkMessage, isRoundComplete, messageOf, transcriptBefore } from './rounds.ts';
import type { AgreementPlan } from './transcript.ts';

/**
 * Starts one party's side of a Method 2 agreement. The coordinator's first step sends the proposal; the others send
 * nothing and wait for it. `plan` holds what the party knows from the keystore, not from the proposal.
 *
 * Method 2 in short: `propose`, two `hello` with fresh X25519 keys, one `deliver` with the drawn key for each of them by
 * HPKE mode_auth (RFC 9180, section 5.1.3), three `confirm`. The session key is HKDF-SHA256 of the drawn key with the
 * transcript hash as salt. The coordinator alone contributes randomness to the key: who does not want to rely on one
 * party's randomness takes Method 1.
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
  };
  if (party !== plan.coordinator) return { kind: 'accept', state, send: [] };
  return speak(state, { kind: 'propose', coordinator: party, identities: plan.identities }, context);
}

/**
 * Takes one message. The state given is left as it is; the state of the answer holds the change.
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
  const answer = checkMessage(METHOD_2, state, message);
  if (answer !== undefined) return answer;
  const heard = { ...state, log: [...state.log, message] };
  switch (message.body.kind) {
    case 'propose':
      return sayHello(heard, context);
    case 'hello':
      return hearHello(heard, message.body, context);
    case 'deliver':
      return hearDelivery(heard, message.body, context);
    case 'confirm':
      return hearConfirmation(heard, message.sender, message.body);
  }
}

function sayHello(state: Method2State, context: StepContext): Step<Method2State> {
  const ephemeralSecret = draw(context.random, AGREEMENT_KEY_SIZE);
  const body: HelloBody = { kind: 'hello', ephemeralKey: agreementKeyOf(ephemeralSecret) };
  return speak({ ...state, ephemeralSecret: toHex(ephemeralSecret) }, body, context);
}

async function hearHello(
  state: Method2State,
  hello: HelloBody,
  context: StepContext,
): Promise<StepResult<Method2State>> {
  const bad = checkAgreementKey(hello.ephemeralKey);
  if (bad !== undefined) return { kind: 'reject', refusal: bad };
  const isMyTurn = state.party === state.plan.coordinator && isRoundComplete(METHOD_2, state, METHOD_2_ROUND.hello);
  return isMyTurn ? deliver(state, context) : { kind: 'accept', state, send: [] };
}

async function deliver(state: Method2State, context: StepContext): Promise<Step<Method2State>> {
  const transcript = knownTranscript(state, METHOD_2_ROUND.deliver);
  const drawnKey = draw(context.random, KEY_SIZE);
  const body = await makeDelivery(
    { plan: state.plan, transcript },
    recipientsOf(state),
    drawnKey,
    context.secret.agreementSecret,
    context.random,
  );
  const delivered = speak(state, body, context);
  const confirmed = confirm(delivered.state, drawnKey, context);
  return { kind: 'accept', state: confirmed.state, send: [...delivered.send, ...confirmed.send] };
}

async function hearDelivery(
  state: Method2State,
  delivery: DeliverBody,
  context: StepContext,
): Promise<StepResult<Method2State>> {
  if (state.ephemeralSecret === null) throw new Error('a state with a hello must hold its ephemeral secret');
  const transcript = knownTranscript(state, METHOD_2_ROUND.deliver);
  const secret = fromHex(state.ephemeralSecret);
  const opened = await openDelivery({ plan: state.plan, transcript }, state.party, secret, delivery);
  return opened.ok ? confirm(state, opened.value, context) : { kind: 'reject', refusal: opened.refusal };
}

/** Derives the session key, forgets what led to it, and proves possession. */
function confirm(state: Method2State, drawnKey: Uint8Array, context: StepContext): Step<Method2State> {
  const transcript = knownTranscript(state, METHOD_2_ROUND.confirm);
  const sessionKey = deriveSessionKey('method-2', state.plan, transcript, drawnKey);
  const body: ConfirmBody = { kind: 'confirm', mac: confirmationMac(sessionKey, transcript, state.party) };
  return speak({ ...state, ephemeralSecret: null, sessionKey: toHex(sessionKey) }, body, context);
}

function hearConfirmation(state: Method2State, sender: Party, body: ConfirmBody): StepResult<Method2State> {
  if (state.sessionKey === null) throw new Error('a state with a delivery must hold the session key');
  const transcript = knownTranscript(state, METHOD_2_ROUND.confirm);
  if (!isConfirmation(fromHex(state.sessionKey), transcript, sender, body.mac)) {
    return rejected('bad-confirmation', `the ${sender} does not hold this session key`);
  }
  return { kind: 'accept', state, send: [] };
}

/** Signs what this party has to say and puts it into its log. */
function speak(state: Method2State, body: MessageBody, context: StepContext): Step<Method2State> {
  const round = METHOD_2_ROUND[body.kind];
  const message = signMessage(
    {
      version: 1,
      method: 'method-2',
      sessionId: state.plan.sessionId,
      round,
      sender: state.party,
      transcript: knownTranscript(state, round),
      body,
    },
    state.plan.identities,
    context.secret.signingKey,
  );
  return { kind: 'accept', state: { ...state, log: [...state.log, message] }, send: [message] };
}

function knownTranscript(state: Method2State, round: number): Hex {
  const transcript = transcriptBefore(METHOD_2, state, round);
  if (transcript === undefined) throw new Error(`round ${round} was reached without the messages before it`);
  return transcript;
}

function recipientsOf(state: Method2State): [Recipient, Recipient] {
  const [first, second] = allButCoordinator(state.plan.coordinator).flatMap((party) => {
    const body = messageOf(state.log, METHOD_2_ROUND.hello, party)?.body;
    return body?.kind === 'hello' ? [{ party, ephemeralKey: body.ephemeralKey }] : [];
  });
  if (first === undefined || second === undefined) throw new Error('a delivery needs both hellos');
  return [first, second];
}
