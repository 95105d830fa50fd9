import { fromHex, toHex } from '@assay/protocol/encoding/bytes';
import { describe, expect, it } from 'vitest';
import { agreementKeyOf } from '../agreement/agreement-key.ts';
import { type AgreementState, establishedSession } from '../agreement/agreement-state.ts';
import { transcriptBefore } from '../agreement/agreement-view.ts';
import { type Message, signMessage } from '../agreement/message.ts';
import type { DeliverBody } from '../agreement/message-body.ts';
import {
  answerOf,
  IDENTITIES,
  mustAccept,
  planOf,
  runAll,
  SECRETS,
  secretOf,
  seededBytes,
  seededRandom,
  startAll,
} from '../agreement/three-parties.fixture.ts';
import { hpkeOpen } from '../identity/hpke.ts';
import { PARTIES } from '../identity/identity.ts';
import { deliveredKeyHash, makeDelivery, type Recipient, wrapDrawnKey } from './method-2-delivery.ts';

const plan = planOf('user');
const KEYS = [seededBytes('first key'), seededBytes('second key')] as const;

/** Miner and oracle waiting for the delivery, and everything that a lying coordinator needs. */
async function beforeDelivery() {
  const { sides, sent } = startAll(plan);
  const propose = sent[0] as Message;
  const miner = await mustAccept(sides.miner, propose);
  const oracle = await mustAccept(sides.oracle, propose);
  const hellos = [miner.send[0] as Message, oracle.send[0] as Message] as const;
  const states = {
    miner: (await mustAccept(miner.state, hellos[1])).state,
    oracle: (await mustAccept(oracle.state, hellos[0])).state,
  };
  const recipients = hellos.map(({ sender, body }): Recipient => {
    if (body.kind !== 'hello') throw new Error('not a hello');
    return { party: sender, ephemeralKey: body.ephemeralKey };
  }) as [Recipient, Recipient];
  const transcript = transcriptBefore(states.miner, 3);
  if (transcript === undefined) throw new Error('no transcript');
  return { states, recipients, context: { plan, transcript }, propose, hellos, coordinator: sides.user };
}

function delivered(transcript: `0x${string}`, body: DeliverBody): Message {
  const message = { version: 1, method: 'method-2', sessionId: plan.sessionId, round: 3, sender: 'user' } as const;
  return signMessage({ ...message, transcript, body }, IDENTITIES, SECRETS.user.signingKey);
}

describe('a coordinator that gives two different keys', () => {
  it('under one public hash is caught by the one whose key does not fit', async () => {
    const { states, recipients, context } = await beforeDelivery();
    const keyHash = deliveredKeyHash(context, KEYS[0]);
    const wrap = (index: 0 | 1) =>
      wrapDrawnKey(
        context,
        recipients[index],
        KEYS[index],
        keyHash,
        SECRETS.user.agreementSecret,
        seededRandom(`${index}`),
      );
    const body: DeliverBody = { kind: 'deliver', keyHash, wrapped: [await wrap(0), await wrap(1)] };
    const message = delivered(context.transcript, body);
    expect(await answerOf(states.miner, message)).toBe('accept');
    expect(await answerOf(states.oracle, message)).toBe('key-hash-mismatch');
  });

  it('in two deliveries is caught by the confirmations, and nobody is established', async () => {
    const { states, recipients, context } = await beforeDelivery();
    const bodies = await Promise.all(
      KEYS.map((key) => makeDelivery(context, recipients, key, SECRETS.user.agreementSecret, seededRandom('wrap'))),
    );
    const [toMiner, toOracle] = bodies.map((body) => delivered(context.transcript, body)) as [Message, Message];
    const miner = await mustAccept(states.miner, toMiner);
    const oracle = await mustAccept(states.oracle, toOracle);
    expect(await answerOf(miner.state, oracle.send[0] as Message)).toBe('transcript-mismatch');
    expect(await answerOf(oracle.state, miner.send[0] as Message)).toBe('transcript-mismatch');
    expect(await answerOf(miner.state, toOracle)).toBe('conflicting-message');
    expect(establishedSession(miner.state) ?? establishedSession(oracle.state)).toBeUndefined();
  });

  it('that leaves one party out is caught by it', async () => {
    const { states, recipients, context } = await beforeDelivery();
    const twice: [Recipient, Recipient] = [recipients[0], recipients[0]];
    const body = await makeDelivery(context, twice, KEYS[0], SECRETS.user.agreementSecret, seededRandom('wrap'));
    expect(await answerOf(states.oracle, delivered(context.transcript, body))).toBe('delivery-unreadable');
  });
});

describe('without the identity keys', () => {
  it('nobody can act as the coordinator with all public values', async () => {
    const { states, recipients, context } = await beforeDelivery();
    const mallory = secretOf('mallory');
    const body = await makeDelivery(context, recipients, KEYS[0], mallory.agreementSecret, seededRandom('wrap'));
    const message = delivered(context.transcript, body);
    expect(await answerOf(states.miner, message)).toBe('delivery-unreadable');
    const { signature: _, ...unsigned } = message;
    const forged = signMessage(unsigned, IDENTITIES, mallory.signingKey);
    expect(await answerOf(states.miner, forged)).toBe('forged');
  });

  it('nobody can put its own ephemeral key between two parties', async () => {
    const { hellos, coordinator } = await beforeDelivery();
    const ephemeralKey = agreementKeyOf(seededBytes('mallory in the middle'));
    const { signature: _, ...hello } = { ...hellos[0], body: { kind: 'hello' as const, ephemeralKey } };
    const forged = signMessage(hello, IDENTITIES, secretOf('mallory').signingKey);
    expect(await answerOf(coordinator, forged)).toBe('forged');
  });

  it('a message of one session is useless in another', async () => {
    const other = await runAll(planOf('user', 'another session'));
    const { states } = await beforeDelivery();
    for (const message of other.sent) {
      expect(await answerOf(states.miner, message)).toBe('wrong-session');
      expect(await answerOf(states.miner, { ...message, sessionId: plan.sessionId })).toMatch(/forged|from-self/);
    }
  });
});

describe('forward secrecy', () => {
  it('all identity secrets and all messages do not open a delivery', async () => {
    const { sent } = await runAll(plan);
    const body = sent.find((message) => message.body.kind === 'deliver')?.body as DeliverBody;
    for (const wrapped of body.wrapped) {
      for (const party of PARTIES) {
        const plain = await hpkeOpen({
          recipientSecret: SECRETS[party].agreementSecret,
          senderKey: IDENTITIES.user.agreementKey,
          info: new Uint8Array(0),
          associated: fromHex(body.keyHash),
          encapsulated: fromHex(wrapped.encapsulated),
          ciphertext: fromHex(wrapped.ciphertext),
        });
        expect(plain).toBeUndefined();
      }
    }
  });

  it('an ephemeral secret of a later session does not open an earlier delivery', async () => {
    const earlier = (await runAll(plan)).sent.find((message) => message.body.kind === 'deliver') as Message;
    const later = await beforeDelivery();
    const leaked: AgreementState = { ...later.states.miner, ephemeralSecret: toHex(seededBytes('leaked')) };
    expect(await answerOf(leaked, earlier)).toBe('delivery-unreadable');
  });
});
