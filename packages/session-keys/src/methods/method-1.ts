import { fromHex, toHex } from '@assay/protocol/encoding/bytes';
import { checkPlan, type Step, type StepContext, type StepResult } from '../agreement/agreement.ts';
import {
  AGREEMENT_KEY_SIZE,
  agreementKeyOf,
  agreementSecretWith,
  checkAgreementKey,
} from '../agreement/agreement-key.ts';
import type { Method1State, PairSecret } from '../agreement/agreement-state.ts';
import { checkMessage, isRoundComplete, knownTranscript, messageOf } from '../agreement/agreement-view.ts';
import { confirm, receiveConfirmation } from '../agreement/key-confirmation.ts';
import type { Message } from '../agreement/message.ts';
import type { ContributeBody, OpenBody } from '../agreement/message-body.ts';
import { type Reject, rejected } from '../agreement/refusal.ts';
import { sendMessage } from '../agreement/send-message.ts';
import type { AgreementPlan } from '../agreement/transcript.ts';
import { draw } from '../identity/encoding.ts';
import { PARTIES, type Party } from '../identity/identity.ts';
import {
  type ContributionContext,
  combined,
  commitmentTo,
  contributionOf,
  makeContributions,
  openContribution,
} from './method-1-contribution.ts';
import { roundOf } from './method-rounds.ts';

const ROUND = { commit: 1, open: 2, contribute: roundOf('method-1', 'contribute') } as const;

/**
 * Starts one party's side of a Method 1 agreement. Every party's first step sends its commitment. `plan` contains what
 * the party knows from the keystore, not from messages. Its coordinator is the party that asked for the session and has
 * no special part.
 *
 * Method 1 in short: three `commit` to ephemeral X25519 keys, three `open`, three `contribute` (each pair's secret,
 * hashed for all and encrypted for the third party), three `confirm`. The session key is HKDF-SHA256 of the three
 * pairs' contributions with the transcript hash as salt. The commitments determine it before anybody knows a key, so
 * the last sender can stop the agreement but not choose the key. As with any key that three parties share, whoever
 * learns one party's ephemeral secret during the agreement learns the key, because the other pair's contribution is
 * sent to that party.
 *
 * Refused: whatever {@link checkPlan} refuses.
 * @throws RangeError or Error when a secret key has a wrong size or range.
 */
export function startMethod1(plan: AgreementPlan, party: Party, context: StepContext): Step<Method1State> | Reject {
  const bad = checkPlan(plan, party, context.secret);
  if (bad !== undefined) return { kind: 'reject', refusal: bad };
  const ephemeral = draw(context.random, AGREEMENT_KEY_SIZE);
  const opening = { ephemeralKey: agreementKeyOf(ephemeral), blind: toHex(draw(context.random, 32)) };
  const state: Method1State = {
    version: 1,
    method: 'method-1',
    plan,
    party,
    log: [],
    ephemeralSecret: toHex(ephemeral),
    opening,
    pairSecrets: null,
    sessionKey: null,
    previousKey: null,
    epoch: 0,
  };
  const commitment = commitmentTo(plan, party, opening);
  const { coordinator, identities } = plan;
  return sendMessage(state, { kind: 'commit', coordinator, identities, commitment }, context);
}

/**
 * Handles one message. The given state does not change; the answer contains the new state.
 *
 * Besides what {@link checkMessage} ignores and refuses: `low-order-point` and `non-canonical-point` for an opened key,
 * `opening-mismatch` for a key that does not match its commitment, what {@link openContribution} refuses, and
 * `bad-confirmation` for a MAC under another key. Two steps of one party that start from the same state must not both
 * be kept: store the answer by compare-and-set.
 */
export async function receiveMethod1(
  state: Method1State,
  message: Message,
  context: StepContext,
): Promise<StepResult<Method1State>> {
  const answer = checkMessage(state, message);
  if (answer !== undefined) return answer;
  const heard = { ...state, log: [...state.log, message] };
  switch (message.body.kind) {
    case 'commit':
      return isRoundComplete(heard, ROUND.commit) ? open(heard, context) : { kind: 'accept', state: heard, send: [] };
    case 'open':
      return hearOpening(heard, message.sender, message.body, context);
    case 'contribute':
      return hearContribution(heard, message.sender, message.body, context);
    case 'confirm':
      return receiveConfirmation(heard, message.sender, message.body);
    case 'propose':
    case 'hello':
    case 'deliver':
    case 'rekey':
    case 'close':
      throw new Error(`${message.body.kind} is in no round of Method 1`);
  }
}

function open(state: Method1State, context: StepContext): Step<Method1State> {
  if (state.opening === null) throw new Error('a commitment must be kept to be opened');
  return sendMessage(state, { kind: 'open', ...state.opening }, context);
}

async function hearOpening(
  state: Method1State,
  sender: Party,
  opening: OpenBody,
  context: StepContext,
): Promise<StepResult<Method1State>> {
  const bad = checkAgreementKey(opening.ephemeralKey);
  if (bad !== undefined) return { kind: 'reject', refusal: bad };
  const committed = messageOf(state.log, ROUND.commit, sender)?.body;
  if (committed?.kind !== 'commit' || commitmentTo(state.plan, sender, opening) !== committed.commitment) {
    return rejected('opening-mismatch', `the ${sender} opens another key than it committed to`);
  }
  return isRoundComplete(state, ROUND.open) ? contribute(state, context) : { kind: 'accept', state, send: [] };
}

/** Derives the two pair secrets from the ephemeral key and deletes it. */
async function contribute(state: Method1State, context: StepContext): Promise<Step<Method1State>> {
  if (state.ephemeralSecret === null)
    throw new Error('a state before the contributions must hold its ephemeral secret');
  const own = fromHex(state.ephemeralSecret);
  const secretWith = async (peer: Party): Promise<PairSecret> => {
    const body = messageOf(state.log, ROUND.open, peer)?.body;
    if (body?.kind !== 'open') throw new Error('contributions need all openings');
    const secret = await agreementSecretWith(own, body.ephemeralKey);
    if (secret === undefined) throw new Error('a checked key must lead to a secret');
    return { peer, secret: toHex(secret) };
  };
  const [first, second] = PARTIES.filter((party) => party !== state.party) as [Party, Party];
  const pairSecrets = [await secretWith(first), await secretWith(second)] as const;
  const body = makeContributions(contextOf(state), state.party, pairSecrets);
  return sendMessage({ ...state, ephemeralSecret: null, opening: null, pairSecrets }, body, context);
}

function hearContribution(
  state: Method1State,
  sender: Party,
  body: ContributeBody,
  context: StepContext,
): StepResult<Method1State> {
  if (state.pairSecrets === null) throw new Error('a state with all openings must hold its pair secrets');
  const bound = contextOf(state);
  const foreign = openContribution(bound, state.party, state.pairSecrets, sender, body);
  if (!foreign.ok) return { kind: 'reject', refusal: foreign.refusal };
  const third = PARTIES.find((party) => party !== state.party && party !== sender) as Party;
  if (!agreesWith(state, sender, third, body)) {
    return rejected(
      'contribution-mismatch',
      `the ${sender} and the ${third} contribute different things for their pair`,
    );
  }
  if (!isRoundComplete(state, ROUND.contribute)) return { kind: 'accept', state, send: [] };
  const secrets = state.pairSecrets;
  const agreed = combined((pair) => {
    const own = pair.includes(state.party) ? secrets.find(({ peer }) => pair.includes(peer)) : undefined;
    return own === undefined ? foreign.value : contributionOf(bound, pair, fromHex(own.secret));
  });
  return confirm({ ...state, pairSecrets: null }, agreed, context);
}

/** Whether sender and third party, if both have sent theirs, published the same hash for their pair. */
function agreesWith(state: Method1State, sender: Party, third: Party, body: ContributeBody): boolean {
  const other = messageOf(state.log, ROUND.contribute, third)?.body;
  if (other?.kind !== 'contribute') return true;
  const hashFor = (said: ContributeBody, peer: Party) => said.contributions.find((one) => one.peer === peer)?.hash;
  return hashFor(body, third) === hashFor(other, sender);
}

function contextOf(state: Method1State): ContributionContext {
  return { plan: state.plan, transcript: knownTranscript(state, ROUND.contribute) };
}
