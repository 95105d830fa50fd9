import { toHex } from '@assay/protocol/encoding/bytes';
import { beforeAll, describe, expect, it } from 'vitest';
import { PARTIES } from '../identity/identity.ts';
import { keyOfEpoch } from './agreement.ts';
import { type AgreementState, decodeState, encodeState, establishedSession } from './agreement-state.ts';
import { phaseOf } from './agreement-view.ts';
import { type Message, signMessage } from './message.ts';
import { closeSession, rekeySession } from './rekey-and-close.ts';
import {
  answerOf,
  contextOf,
  IDENTITIES,
  mustAccept,
  planOf,
  runAll,
  SECRETS,
  type Sides,
  seededBytes,
  startAll,
} from './three-parties.fixture.ts';
import { METHODS } from './transcript.ts';

const other = toHex(seededBytes('other'));
const step = (result: ReturnType<typeof rekeySession>): { state: AgreementState; message: Message } => {
  if (result.kind !== 'accept') throw new Error(result.refusal.code);
  return { state: result.state, message: result.send[0] as Message };
};
const codeOf = (result: ReturnType<typeof closeSession>) =>
  result.kind === 'reject' ? result.refusal.code : result.kind;
const keyIn = (state: AgreementState) => establishedSession(state)?.sessionKey;

describe.each(METHODS)('a session by %s', (method) => {
  let sides: Sides;
  beforeAll(async () => {
    ({ sides } = await runAll(planOf('user'), undefined, method));
  });

  it('moves to a new key on the oracle’s request, and keeps the previous key for one epoch', async () => {
    const first = step(rekeySession(sides.oracle, contextOf('oracle')));
    const user = (await mustAccept(sides.user, first.message)).state;
    const second = step(rekeySession(first.state, contextOf('oracle')));
    const later = (await mustAccept(user, second.message)).state;
    const keys = [sides.user, user, later].map((state) => toHex(keyIn(state) ?? new Uint8Array()));
    expect(new Set(keys).size).toBe(3);
    expect(establishedSession(later)).toEqual(establishedSession(second.state));
    const session = establishedSession(later);
    if (session === undefined) throw new Error('not established');
    const known = [0, 1, 2, 3].map((epoch) => keyOfEpoch(session, epoch)).map((key) => key && toHex(key));
    expect(known).toEqual([undefined, keys[1], keys[2], undefined]);
    expect(decodeState(encodeState(later))).toEqual({ ok: true, value: later });
    expect(await answerOf(later, first.message)).toBe('ignore');
    expect(await answerOf(sides.user, second.message)).toBe('message-too-early');
  });

  it('refuses a rekey by another party, under another key or of another session', async () => {
    expect(codeOf(rekeySession(sides.user, contextOf('user')))).toBe('wrong-sender');
    const { message } = step(rekeySession(sides.oracle, contextOf('oracle')));
    const { signature: _, ...bare } = message;
    const resigned = (change: object) =>
      signMessage({ ...bare, ...change } as typeof bare, IDENTITIES, SECRETS.oracle.signingKey);
    expect(await answerOf(sides.user, resigned({ body: { ...bare.body, mac: other } }))).toBe('bad-confirmation');
    expect(await answerOf(sides.user, resigned({ transcript: other }))).toBe('transcript-mismatch');
    expect(await answerOf(sides.user, resigned({ sessionId: other }))).toBe('wrong-session');
    expect(await answerOf(sides.user, resigned({ round: 4 }))).toBe('wrong-round');
    expect(await answerOf(sides.user, resigned({ method: method === 'method-1' ? 'method-2' : 'method-1' }))).toBe(
      'wrong-agreement-method',
    );
    const byMiner = signMessage({ ...bare, sender: 'miner' }, IDENTITIES, SECRETS.miner.signingKey);
    expect(await answerOf(sides.user, byMiner)).toBe('wrong-sender');
    const forged = signMessage(bare, IDENTITIES, SECRETS.miner.signingKey);
    expect(await answerOf(sides.user, forged)).toBe('forged');
    expect(await answerOf(startAll(planOf('user'), undefined, method).sides.miner, message)).toBe('message-too-early');
  });

  it.each(PARTIES)('has no key after the %s closes it', async (party) => {
    const closed = step(closeSession(sides[party], contextOf(party)));
    for (const receiver of PARTIES) {
      const state = receiver === party ? closed.state : (await mustAccept(sides[receiver], closed.message)).state;
      expect(phaseOf(state)).toBe('closed');
      expect(establishedSession(state)).toBeUndefined();
      expect(state).toMatchObject({ sessionKey: null, previousKey: null, ephemeralSecret: null });
      expect(new TextDecoder().decode(encodeState(state))).not.toContain(toHex(keyIn(sides.user) ?? new Uint8Array()));
      expect(await answerOf(state, closed.message)).toBe('ignore');
      expect(codeOf(closeSession(state, contextOf(receiver)))).toBe('session-closed');
    }
    const { message } = step(rekeySession(sides.oracle, contextOf('oracle')));
    expect(await answerOf(closed.state, message)).toBe('session-closed');
  });

  it('cannot be closed before it is established, or by an outsider', async () => {
    const begun = startAll(planOf('user'), undefined, method).sides.user;
    expect(codeOf(closeSession(begun, contextOf('user')))).toBe('message-too-early');
    const { message } = step(closeSession(sides.user, contextOf('user')));
    const { signature: _, ...bare } = message;
    expect(await answerOf(sides.miner, signMessage(bare, IDENTITIES, seededBytes('stranger')))).toBe('forged');
  });
});
