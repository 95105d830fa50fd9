import { type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { sha256 } from '@noble/hashes/sha2.js';
import { lengthPrefixed, type Random } from '../identity/encoding.ts';
import { type Identities, type IdentitySecret, identityOf, PARTIES, type Party } from '../identity/identity.ts';
import type { StepContext } from './agreement.ts';
import type { AgreementState } from './agreement-state.ts';
import type { Message } from './message.ts';
import { receiveMessage, startAgreement } from './session.ts';
import type { AgreementPlan, Method } from './transcript.ts';

/** A source that gives the same bytes for the same seed: for tests only. */
export function seededRandom(seed: string): Random {
  let draws = 0;
  return (length) => {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, block) =>
      sha256(lengthPrefixed([seed, String(draws), String(block)])),
    );
    draws += 1;
    return Uint8Array.from(blocks.flatMap((bytes) => [...bytes])).subarray(0, length);
  };
}

/** Bytes of a seed: for tests only. */
export function seededBytes(seed: string, length = 32): Uint8Array {
  return seededRandom(seed)(length);
}

/** Secret keys of a named participant. */
export function secretOf(name: string): IdentitySecret {
  return { signingKey: seededBytes(`${name} signs`), agreementSecret: seededBytes(`${name} agrees`) };
}

/** Secret keys of the three participants of every test. */
export const SECRETS: Readonly<Record<Party, IdentitySecret>> = {
  user: secretOf('user'),
  miner: secretOf('miner'),
  oracle: secretOf('oracle'),
};

/** Their identities. */
export const IDENTITIES: Identities = {
  user: identityOf('user', SECRETS.user),
  miner: identityOf('miner', SECRETS.miner),
  oracle: identityOf('oracle', SECRETS.oracle),
};

/** A plan for a session of the three. */
export function planOf(coordinator: Party, session = 'a session'): AgreementPlan {
  return { sessionId: toHex(seededBytes(session)), coordinator, identities: IDENTITIES };
}

/** A step context for a party with its own randomness. */
export function contextOf(party: Party, seed = 'a seed'): StepContext {
  return { secret: SECRETS[party], random: seededRandom(`${seed} of ${party}`) };
}

/** The three sides of an agreement. */
export type Sides = Record<Party, AgreementState>;

/** The two recipients of what `sender` sends. */
export function othersThan(sender: Party): Party[] {
  return PARTIES.filter((party) => party !== sender);
}

/** Starts all three sides; `sent` holds their first messages. */
export function startAll(
  plan: AgreementPlan,
  seed?: string,
  method: Method = 'method-2',
): { sides: Sides; sent: Message[] } {
  const sent: Message[] = [];
  const start = (party: Party): AgreementState => {
    const step = startAgreement(method, plan, party, contextOf(party, seed));
    if (step.kind !== 'accept') throw new Error(step.refusal.code);
    sent.push(...step.send);
    return step.state;
  };
  return { sides: { user: start('user'), miner: start('miner'), oracle: start('oracle') }, sent };
}

/** Hands a message to one side, which must accept it. */
export async function mustAccept(
  state: AgreementState,
  message: Message,
  context: StepContext = contextOf(state.party),
): Promise<{ state: AgreementState; send: readonly Message[] }> {
  const step = await receiveMessage(state, message, context);
  if (step.kind !== 'accept') throw new Error(step.kind === 'reject' ? step.refusal.code : step.code);
  return step;
}

/** The code with which a side refuses a message, or its other answer. */
export async function answerOf(state: AgreementState, message: Message): Promise<string> {
  const step = await receiveMessage(state, message, contextOf(state.party));
  return step.kind === 'reject' ? step.refusal.code : step.kind;
}

/** Runs an agreement to its end over a reliable network and returns all messages in the order of sending. */
export async function runAll(
  plan: AgreementPlan,
  seed?: string,
  method?: Method,
): Promise<{ sides: Sides; sent: Message[] }> {
  const { sides, sent } = startAll(plan, seed, method);
  for (let next = 0; next < sent.length; next += 1) {
    const message = sent[next] as Message;
    for (const party of othersThan(message.sender)) {
      const step = await mustAccept(sides[party], message, contextOf(party, seed));
      sides[party] = step.state;
      sent.push(...step.send);
    }
  }
  return { sides, sent };
}

/** The same bytes with one bit flipped. */
export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

/** Little-endian encodings of all points of low order on Curve25519 and its twist, canonical ones first. */
export const LOW_ORDER_POINTS: readonly Hex[] = [
  '0x0000000000000000000000000000000000000000000000000000000000000000',
  '0x0100000000000000000000000000000000000000000000000000000000000000',
  '0xe0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '0x5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  '0xecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0xedffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0xeeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];
