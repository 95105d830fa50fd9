import { toHex } from '@assay/protocol/encoding/bytes';
import { describe, expect, it } from 'vitest';
import {
  type AgreementState,
  decodeState,
  encodeState,
  establishedSession,
  type Method1State,
} from '../agreement/agreement-state.ts';
import { messagesSent, phaseOf } from '../agreement/agreement-view.ts';
import { type Message, signMessage, type UnsignedMessage } from '../agreement/message.ts';
import type { BodyKind, MessageBody } from '../agreement/message-body.ts';
import {
  answerOf,
  contextOf,
  IDENTITIES,
  LOW_ORDER_POINTS,
  mustAccept,
  othersThan,
  planOf,
  runAll,
  SECRETS,
  seededBytes,
  startAll,
} from '../agreement/three-parties.fixture.ts';
import { PARTIES, type Party } from '../identity/identity.ts';
import { startMethod1 } from './method-1.ts';

const plan = planOf('user');
const other = toHex(seededBytes('other'));
const run = () => runAll(plan, undefined, 'method-1');
const signed = (message: UnsignedMessage, as: Party = message.sender): Message => {
  const { version, method, sessionId, round, sender, transcript, body } = message;
  const bare = { version, method, sessionId, round, sender, transcript, body };
  return signMessage(bare, IDENTITIES, SECRETS[as].signingKey);
};
const said = (sent: readonly Message[], kind: BodyKind, sender: Party): Message => {
  const found = sent.find((message) => message.body.kind === kind && message.sender === sender);
  if (found === undefined) throw new Error(`the ${sender} said no ${kind}`);
  return found;
};
const changed = (message: Message, body: object): Message =>
  signed({ ...message, body: { ...message.body, ...body } as MessageBody });

/** The miner's state when all messages before those of a kind have been sent. */
async function minerBefore(kind: BodyKind): Promise<{ state: AgreementState; sent: readonly Message[] }> {
  const { sent } = await run();
  let { miner: state } = startAll(plan, undefined, 'method-1').sides;
  const round = said(sent, kind, 'user').round;
  for (const message of sent) {
    if (message.sender !== 'miner' && message.round < round) state = (await mustAccept(state, message)).state;
  }
  return { state, sent };
}

describe('Method 1', () => {
  it('gives all three one key in four messages each', async () => {
    const { sides, sent } = await run();
    const sessions = PARTIES.map((party) => establishedSession(sides[party]));
    expect(sessions[0]?.sessionKey).toHaveLength(32);
    expect(sessions[1]).toEqual(sessions[0]);
    expect(sessions[2]).toEqual(sessions[0]);
    for (const party of PARTIES) {
      const own = sent.filter(({ sender }) => sender === party);
      expect(own.map(({ body }) => body.kind)).toEqual(['commit', 'open', 'contribute', 'confirm']);
      expect(messagesSent(sides[party])).toEqual(own);
    }
  });

  it('gives a different key to every session, run and method', async () => {
    const runs = [
      await run(),
      await runAll(planOf('user', 'another session'), undefined, 'method-1'),
      await runAll(planOf('miner'), undefined, 'method-1'),
      await runAll(plan, 'another seed', 'method-1'),
      await runAll(plan, undefined, 'method-2'),
    ].map(({ sides }) => establishedSession(sides.user));
    expect(new Set(runs.map((session) => session && toHex(session.sessionKey))).size).toBe(runs.length);
    expect(new Set(runs.map((session) => session?.transcriptHash)).size).toBe(runs.length);
  });

  it('keeps each secret only as long as needed, and returns no key before all have confirmed', async () => {
    const { sent } = await run();
    let state = startAll(plan, undefined, 'method-1').sides.miner as Method1State;
    const seen = [];
    for (const message of sent) {
      if (message.sender === 'miner') continue;
      expect(establishedSession(state)).toBeUndefined();
      const kept = [state.ephemeralSecret, state.opening, state.pairSecrets, state.sessionKey].map(
        (one) => one !== null,
      );
      seen.push([phaseOf(state), ...kept.map(Number)].join(' '));
      state = (await mustAccept(state, message)).state as Method1State;
      expect(decodeState(encodeState(state))).toEqual({ ok: true, value: state });
    }
    expect(establishedSession(state)).toBeDefined();
    expect([...new Set(seen)]).toEqual([
      'awaiting-commitments 1 1 0 0',
      'awaiting-openings 1 1 0 0',
      'awaiting-contributions 0 0 1 0',
      'awaiting-confirmations 0 0 0 1',
    ]);
    const stored = new TextDecoder().decode(encodeState(state));
    for (const secret of Object.values(SECRETS.miner)) expect(stored).not.toContain(toHex(secret).slice(2));
  });

  it('does not start with another party’s keys', () => {
    const step = startMethod1(plan, 'user', contextOf('miner'));
    expect(step.kind === 'reject' && step.refusal.code).toBe('secret-does-not-fit');
  });
});

describe('a party of Method 1 refuses', () => {
  it('messages of another session, method, round, plan or signer', async () => {
    const { sent } = await run();
    const { miner } = startAll(plan, undefined, 'method-1').sides;
    const commit = said(sent, 'commit', 'user');
    expect(await answerOf(miner, signed({ ...commit, sessionId: other }))).toBe('wrong-session');
    expect(await answerOf(miner, signed({ ...commit, method: 'method-2' }))).toBe('wrong-agreement-method');
    expect(await answerOf(miner, signed({ ...commit, round: 2 }))).toBe('wrong-round');
    expect(await answerOf(miner, changed(commit, { coordinator: 'oracle' }))).toBe('wrong-coordinator');
    const stranger = { ...IDENTITIES, oracle: { ...IDENTITIES.oracle, agreementKey: other } };
    expect(await answerOf(miner, changed(commit, { identities: stranger }))).toBe('unknown-identity');
    expect(await answerOf(miner, signed(commit, 'oracle'))).toBe('forged');
    const hello: MessageBody = { kind: 'hello', ephemeralKey: other };
    expect(await answerOf(miner, signed({ ...commit, body: hello }))).toBe('wrong-round');
  });

  it('early messages, and a second, different message', async () => {
    const { state, sent } = await minerBefore('open');
    expect(await answerOf(state, said(sent, 'contribute', 'user'))).toBe('message-too-early');
    expect(await answerOf(state, said(sent, 'commit', 'user'))).toBe('ignore');
    expect(await answerOf(state, changed(said(sent, 'commit', 'user'), { commitment: other }))).toBe(
      'conflicting-message',
    );
  });

  it('a key that was not committed to, and invalid keys', async () => {
    const { state, sent } = await minerBefore('open');
    const opening = said(sent, 'open', 'user');
    expect(await answerOf(state, changed(opening, { ephemeralKey: IDENTITIES.user.agreementKey }))).toBe(
      'opening-mismatch',
    );
    expect(await answerOf(state, changed(opening, { blind: other }))).toBe('opening-mismatch');
    for (const ephemeralKey of LOW_ORDER_POINTS) {
      expect(await answerOf(state, changed(opening, { ephemeralKey }))).toMatch(/^(low-order|non-canonical)-point$/);
    }
  });

  it("another party's opening as its own", async () => {
    const { sent } = await run();
    let { miner: state } = startAll(plan, undefined, 'method-1').sides;
    const ofUser = said(sent, 'commit', 'user');
    state = (await mustAccept(state, ofUser)).state;
    const { commitment } = ofUser.body as { commitment: `0x${string}` } & MessageBody;
    const copied = changed(said(sent, 'commit', 'oracle'), { commitment });
    state = (await mustAccept(state, copied)).state;
    const transcript = messagesSent(state).at(-1)?.transcript ?? other;
    const opened = (kind: Party) => signed({ ...said(sent, 'open', 'user'), sender: kind, transcript });
    state = (await mustAccept(state, opened('user'))).state;
    expect(await answerOf(state, opened('oracle'))).toBe('opening-mismatch');
  });

  it('a confirmation under another key or of another party', async () => {
    const { state, sent } = await minerBefore('confirm');
    const [ofUser, ofOracle] = othersThan('miner').map((party) => said(sent, 'confirm', party));
    expect(await answerOf(state, changed(ofUser as Message, { mac: other }))).toBe('bad-confirmation');
    expect(await answerOf(state, signed({ ...(ofUser as Message), body: (ofOracle as Message).body }))).toBe(
      'bad-confirmation',
    );
    expect(await answerOf(state, ofUser as Message)).toBe('accept');
  });
});
