import { toHex } from '@assay/protocol/encoding/bytes';
import { describe, expect, it } from 'vitest';
import { type AgreementState, decodeState, encodeState, establishedSession } from '../agreement/agreement-state.ts';
import { messagesSent, phaseOf } from '../agreement/agreement-view.ts';
import { decodeMessage, encodeMessage, type Message, signMessage, type UnsignedMessage } from '../agreement/message.ts';
import type { MessageBody } from '../agreement/message-body.ts';
import { receiveMessage } from '../agreement/session.ts';
import {
  answerOf,
  contextOf,
  IDENTITIES,
  mustAccept,
  othersThan,
  planOf,
  runAll,
  SECRETS,
  seededBytes,
  startAll,
} from '../agreement/three-parties.fixture.ts';
import { PARTIES, type Party } from '../identity/identity.ts';
import { startMethod2 } from './method-2.ts';
import { openerOf } from './method-rounds.ts';

const other = toHex(seededBytes('other'));
const startCode = (plan: ReturnType<typeof planOf>, party: Party, as: Party = party): string => {
  const step = startMethod2(plan, party, contextOf(as));
  return step.kind === 'reject' ? step.refusal.code : step.kind;
};
const signed = (message: UnsignedMessage, as: Party = message.sender): Message => {
  const { version, method, sessionId, round, sender, transcript, body } = message;
  const bare = { version, method, sessionId, round, sender, transcript, body };
  return signMessage(bare, IDENTITIES, SECRETS[as].signingKey);
};

describe('Method 2', () => {
  it.each(PARTIES)(
    'gives all three one key when the %s coordinates, in at most three messages each',
    async (coordinator) => {
      const { sides, sent } = await runAll(planOf(coordinator));
      const sessions = PARTIES.map((party) => establishedSession(sides[party]));
      expect(sessions[0]?.sessionKey).toHaveLength(32);
      expect(sessions[1]).toEqual(sessions[0]);
      expect(sessions[2]).toEqual(sessions[0]);
      for (const party of PARTIES) {
        expect(sent.filter(({ sender }) => sender === party)).toHaveLength(party === openerOf(coordinator) ? 3 : 2);
        expect(messagesSent(sides[party])).toEqual(sent.filter(({ sender }) => sender === party));
      }
    },
  );

  it('gives a different key and transcript to every session and every run', async () => {
    const runs = [
      await runAll(planOf('user')),
      await runAll(planOf('user', 'another session')),
      await runAll(planOf('miner')),
      await runAll(planOf('user'), 'another seed'),
    ].map(({ sides }) => establishedSession(sides.user));
    expect(new Set(runs.map((session) => session && toHex(session.sessionKey))).size).toBe(runs.length);
    expect(new Set(runs.map((session) => session?.transcriptHash)).size).toBe(runs.length);
  });

  it('returns no key before both others have confirmed', async () => {
    const { sides, sent } = await runAll(planOf('user'));
    const [propose, hello, otherHello, deliver, ...confirms] = sent as [Message, Message, Message, Message];
    let state = startAll(planOf('user')).sides.miner;
    const phases = [phaseOf(state)];
    for (const message of [propose, hello, otherHello, deliver, ...confirms]) {
      if (message.sender === 'miner') continue;
      expect(establishedSession(state)).toBeUndefined();
      state = (await mustAccept(state, message)).state;
      phases.push(phaseOf(state));
    }
    expect(phases).toEqual([
      'awaiting-proposal',
      'awaiting-hellos',
      'awaiting-delivery',
      'awaiting-confirmations',
      'awaiting-confirmations',
      'established',
    ]);
    expect(establishedSession(state)).toEqual(establishedSession(sides.user));
  });

  it('deletes the ephemeral secret once the key is derived, and keeps no identity secret', async () => {
    const { sides } = await runAll(planOf('oracle'));
    for (const party of PARTIES) {
      expect(sides[party].ephemeralSecret).toBeNull();
      const stored = new TextDecoder().decode(encodeState(sides[party]));
      for (const secret of Object.values(SECRETS[party])) expect(stored).not.toContain(toHex(secret).slice(2));
    }
  });

  it('has states that another process can continue from', async () => {
    const { sides } = await runAll(planOf('miner'));
    expect(decodeState(encodeState(sides.user))).toEqual({ ok: true, value: sides.user });
    const code = (state: unknown) => {
      const decoded = decodeState(new TextEncoder().encode(JSON.stringify(state)));
      return decoded.ok ? 'accepted' : decoded.refusal.code;
    };
    expect(code({ ...sides.user, version: 2 })).toBe('state-malformed');
    expect(code({ ...sides.user, sessionKey: '0x00' })).toBe('state-malformed');
    expect(code({ ...sides.user, log: [1] })).toBe('state-malformed');
    expect(decodeState(new Uint8Array(0)).ok).toBe(false);
  });

  it('does not start with invalid identities or with another party’s keys', () => {
    const plan = planOf('user');
    expect(startCode(plan, 'user', 'miner')).toBe('secret-does-not-fit');
    expect(startCode({ ...plan, sessionId: '0x00' }, 'user')).toBe('wrong-session');
    const doubled = { ...IDENTITIES, miner: { ...IDENTITIES.miner, address: IDENTITIES.user.address } };
    expect(startCode({ ...plan, identities: doubled }, 'user')).toBe('identities-not-distinct');
  });
});

describe('a party of Method 2 refuses', () => {
  const begin = async (): Promise<{
    propose: Message;
    hello: Message;
    greeted: AgreementState;
    oracle: AgreementState;
  }> => {
    const { sides, sent } = startAll(planOf('user'));
    const propose = sent[0] as Message;
    const greeted = await mustAccept(sides.miner, propose);
    const oracle = await mustAccept(sides.oracle, propose);
    return { propose, hello: oracle.send[0] as Message, greeted: greeted.state, oracle: oracle.state };
  };

  it('messages of another session, method, round, sender or coordinator', async () => {
    const { propose, hello, greeted } = await begin();
    expect(await answerOf(greeted, signed({ ...hello, sessionId: other }))).toBe('wrong-session');
    expect(await answerOf(greeted, signed({ ...hello, method: 'method-1' }))).toBe('wrong-agreement-method');
    expect(await answerOf(greeted, signed({ ...hello, round: 3 }))).toBe('wrong-round');
    expect(await answerOf(greeted, signed({ ...hello, sender: 'user' }))).toBe('wrong-sender');
    const { sides } = startAll(planOf('user'));
    const body: MessageBody = { kind: 'propose', coordinator: 'miner', identities: IDENTITIES };
    expect(await answerOf(sides.oracle, signed({ ...propose, body }))).toBe('wrong-coordinator');
    const stranger = { ...IDENTITIES, miner: { ...IDENTITIES.miner, agreementKey: other } };
    const unknown = signMessage(
      { ...propose, body: { kind: 'propose', coordinator: 'user', identities: stranger } },
      stranger,
      SECRETS.user.signingKey,
    );
    expect(await answerOf(sides.oracle, unknown)).toBe('unknown-identity');
  });

  it('a message that somebody else signed, which stops a man in the middle', async () => {
    const { hello, greeted } = await begin();
    const ephemeralKey = IDENTITIES.user.agreementKey;
    const swapped: Message = { ...hello, body: { kind: 'hello', ephemeralKey } };
    expect(await answerOf(greeted, swapped)).toBe('forged');
    expect(await answerOf(greeted, signed(swapped, 'user'))).toBe('forged');
  });

  it('points of low order and non-canonical ones', async () => {
    const { hello, greeted } = await begin();
    const withKey = (key: string) => signed({ ...hello, body: { kind: 'hello', ephemeralKey: `0x${key}` } });
    expect(await answerOf(greeted, withKey('00'.repeat(32)))).toBe('low-order-point');
    expect(await answerOf(greeted, withKey(`01${'00'.repeat(31)}`))).toBe('low-order-point');
    expect(await answerOf(greeted, withKey('ff'.repeat(32)))).toBe('non-canonical-point');
  });

  it('a second, different message in the same round, but ignores a repeat', async () => {
    const { hello, oracle, greeted } = await begin();
    const heard = (await mustAccept(greeted, hello)).state;
    expect(await answerOf(heard, hello)).toBe('ignore');
    const decoded = decodeMessage(encodeMessage(hello));
    expect(decoded.ok && (await answerOf(heard, decoded.value))).toBe('ignore');
    const second = signed({ ...hello, body: { kind: 'hello', ephemeralKey: IDENTITIES.user.agreementKey } });
    expect(await answerOf(heard, second)).toBe('conflicting-message');
    expect(await answerOf(oracle, hello)).toBe('ignore');
    expect(await answerOf(startAll(planOf('user')).sides.oracle, hello)).toBe('from-self');
  });

  it('an early message, and accepts the same message later', async () => {
    const { sent } = await runAll(planOf('user'));
    let state = startAll(planOf('user')).sides.miner;
    const toMiner = sent.filter(({ sender }) => sender !== 'miner');
    for (const message of toMiner.slice(1)) expect(await answerOf(state, message)).toBe('message-too-early');
    for (const message of toMiner) state = (await mustAccept(state, message)).state;
    expect(phaseOf(state)).toBe('established');
  });

  it('a message whose sender saw another transcript', async () => {
    const { hello, greeted } = await begin();
    expect(await answerOf(greeted, signed({ ...hello, transcript: other }))).toBe('transcript-mismatch');
  });

  it('a confirmation under another key, of another party, or sent back', async () => {
    const { sent } = await runAll(planOf('user'));
    const confirms = sent.filter(({ body }) => body.kind === 'confirm');
    let state = startAll(planOf('user')).sides.miner;
    for (const message of sent.slice(0, 4))
      if (message.sender !== 'miner') state = (await mustAccept(state, message)).state;
    const [ofUser, ofOther] = othersThan('miner').map((party) => confirms.find(({ sender }) => sender === party));
    const ofMiner = messagesSent(state).find(({ body }) => body.kind === 'confirm');
    for (const body of [ofOther?.body, ofMiner?.body, { kind: 'confirm' as const, mac: other }]) {
      expect(await answerOf(state, signed({ ...(ofUser as Message), body: body as MessageBody }))).toBe(
        'bad-confirmation',
      );
    }
    expect(await answerOf(state, ofUser as Message)).toBe('accept');
  });

  it('and a refusal does not change the state', async () => {
    const { hello, greeted } = await begin();
    const before = encodeState(greeted);
    await receiveMessage(greeted, { ...hello, transcript: other }, contextOf('miner'));
    await receiveMessage(greeted, hello, contextOf('miner'));
    expect(encodeState(greeted)).toEqual(before);
  });
});
