import { concatBytes, fromHex, type Hex, sha256Hex, toHex } from '@assay/protocol/encoding/bytes';
import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { agreementKeyOf } from '../agreement/agreement-key.ts';
import { type AgreementState, establishedSession, type Method1State } from '../agreement/agreement-state.ts';
import { messageOf, sessionTranscript, transcriptBefore } from '../agreement/agreement-view.ts';
import { confirmationMac, deriveSessionKey } from '../agreement/key-schedule.ts';
import { type Message, signMessage, type UnsignedMessage } from '../agreement/message.ts';
import type { ContributeBody, MessageBody, OpenBody } from '../agreement/message-body.ts';
import {
  answerOf,
  contextOf,
  IDENTITIES,
  mustAccept,
  othersThan,
  planOf,
  runAll,
  SECRETS,
  secretOf,
  seededBytes,
  startAll,
} from '../agreement/three-parties.fixture.ts';
import { type Identities, identityOf, PARTIES, type Party } from '../identity/identity.ts';
import {
  combined,
  commitmentTo,
  contributionHash,
  contributionOf,
  makeContributions,
} from './method-1-contribution.ts';

const plan = planOf('user');
const startMethod1 = (seed?: string) => startAll(plan, seed, 'method-1');
const signed = (message: UnsignedMessage, body: MessageBody, identities: Identities = IDENTITIES): Message => {
  const { version, method, sessionId, round, sender, transcript } = message;
  const bare = { version, method, sessionId, round, sender, transcript, body };
  return signMessage(bare, identities, SECRETS[sender].signingKey);
};

const established = (state: AgreementState) => {
  const session = establishedSession(state);
  if (session === undefined) throw new Error('not established');
  return session;
};
const openedBy = (state: AgreementState, party: Party): Hex => {
  const body = messageOf(state.log, 2, party)?.body;
  if (body?.kind !== 'open') throw new Error(`the ${party} has opened nothing`);
  return body.ephemeralKey;
};

/** Runs all rounds before `round` among the three parties and returns the messages so far. */
async function before(round: number): Promise<{ sides: Record<Party, AgreementState>; sent: Message[] }> {
  const { sides, sent } = startMethod1();
  for (let next = 0; next < sent.length; next += 1) {
    const message = sent[next] as Message;
    if (message.round >= round) continue;
    for (const party of othersThan(message.sender)) {
      const step = await mustAccept(sides[party], message);
      sides[party] = step.state;
      sent.push(...step.send);
    }
  }
  return { sides, sent };
}

describe('the literal reading of the method', () => {
  /** The literal method: publish for the third party a commitment to each pair's secret, then hash the three. */
  const publish = (pairSecret: Uint8Array): Hex => sha256Hex(pairSecret);
  const literalKey = (published: readonly Hex[]): Hex => sha256Hex(concatBytes(...[...published].sort().map(fromHex)));

  it('is broken by a listener that hashes the public messages', () => {
    const secrets = { user: seededBytes('u'), miner: seededBytes('m'), oracle: seededBytes('o') };
    const shared = (a: Party, b: Party) => x25519.getSharedSecret(secrets[a], x25519.getPublicKey(secrets[b]));
    const published = {
      byUser: [publish(shared('user', 'miner')), publish(shared('user', 'oracle'))],
      byMiner: [publish(shared('miner', 'oracle'))],
    };
    const keyOfUser = literalKey([
      publish(shared('user', 'miner')),
      publish(shared('user', 'oracle')),
      ...published.byMiner,
    ]);
    const keyOfListener = literalKey([...published.byUser, ...published.byMiner]);
    expect(keyOfListener).toBe(keyOfUser);
  });

  it('does not help the same listener here, with all messages', async () => {
    const { sides, sent } = await runAll(plan, undefined, 'method-1');
    const key = toHex(established(sides.user).sessionKey);
    const hashes = sent.flatMap(({ body }) =>
      body.kind === 'contribute' ? body.contributions.map((one) => one.hash) : [],
    );
    const published = [...new Set(hashes)];
    expect(published).toHaveLength(3);
    const transcript = sessionTranscript(sides.user) as Hex;
    const guesses = [
      literalKey(published),
      ...permutations(published.map(fromHex)).map((hashed) =>
        toHex(deriveSessionKey('method-1', plan, transcript, concatBytes(...hashed))),
      ),
    ];
    expect(guesses).not.toContain(key);
    expect(JSON.stringify(sent)).not.toContain(key.slice(2));
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, at) =>
    permutations(items.filter((_, other) => other !== at)).map((rest) => [item, ...rest]),
  );
}

describe('the last sender', () => {
  it('cannot choose its key once it has seen the others', async () => {
    const { sides, sent } = await before(2);
    const honest = sent.filter(({ round, sender }) => round === 2 && sender !== 'oracle');
    expect(honest).toHaveLength(2);
    const opening = sent.find(({ round, sender }) => round === 2 && sender === 'oracle') as Message;
    for (let attempt = 0; attempt < 16; attempt += 1) {
      const ephemeralKey = agreementKeyOf(seededBytes(`chosen ${attempt}`));
      const { blind } = opening.body as OpenBody;
      const message = signed(opening, { kind: 'open', ephemeralKey, blind });
      expect(await answerOf(sides.user, message)).toBe('opening-mismatch');
      expect(await answerOf(sides.miner, message)).toBe('opening-mismatch');
    }
  });

  it('cannot choose a contribution either', async () => {
    const { sides, sent } = await before(3);
    const ofOracle = sent.find(({ round, sender }) => round === 3 && sender === 'oracle') as Message;
    const transcript = transcriptBefore(sides.user, 3) as Hex;
    const body = ofOracle.body as ContributeBody;
    const chosen = seededBytes('chosen contribution');
    const hash = contributionHash({ plan, transcript }, ['user', 'oracle'], chosen);
    const [first, second] = body.contributions;
    const changed = { ...body, contributions: [{ ...first, hash }, second] as const };
    expect(first.peer).toBe('user');
    expect(await answerOf(sides.user, signed(ofOracle, changed))).toBe('contribution-mismatch');
    expect(await answerOf(sides.miner, signed(ofOracle, changed))).toBe('contribution-unreadable');
  });

  it('cannot give two parties different contributions with honest hashes and another secret for the third', async () => {
    const { sides, sent } = await before(3);
    const ofUser = sent.find(({ round, sender }) => round === 3 && sender === 'user') as Message;
    const ofOracle = sent.find(({ round, sender }) => round === 3 && sender === 'oracle') as Message;
    const bound = { plan, transcript: transcriptBefore(sides.user, 3) as Hex };
    const [miner, oracle] = (sides.user as Method1State).pairSecrets ?? [];
    if (miner === undefined || oracle === undefined) throw new Error('the user has no pair secrets');
    const forged = makeContributions(bound, 'user', [miner, { ...oracle, secret: toHex(seededBytes('another')) }]);
    const lying = {
      ...forged,
      contributions: [(ofUser.body as ContributeBody).contributions[0], forged.contributions[1]] as const,
    };
    const message = signed(ofUser, lying);
    expect(await answerOf(sides.oracle, message)).toBe('contribution-mismatch');
    const heard = (await mustAccept(sides.miner, message)).state;
    expect(await answerOf(heard, ofOracle)).toBe('contribution-mismatch');
  });

  it('is bound by its commitment: the same openings give the same contributions', async () => {
    const { sides } = await before(3);
    const bound = { plan, transcript: transcriptBefore(sides.user, 3) as Hex };
    const secretsOf = (party: Party) => (sides[party] as Method1State).pairSecrets ?? [];
    const agreedBy = (party: Party, third: Party) =>
      toHex(
        combined((pair) => {
          const holder = pair.includes(party) ? party : third;
          const shared = secretsOf(holder).find(({ peer }) => pair.includes(peer));
          return contributionOf(bound, pair, fromHex(shared?.secret ?? '0x'));
        }),
      );
    expect(agreedBy('user', 'miner')).toBe(agreedBy('oracle', 'user'));
    expect(agreedBy('miner', 'oracle')).toBe(agreedBy('user', 'oracle'));
  });
});

describe('a man in the middle', () => {
  it('who signs with keys of its own is refused at the first message', async () => {
    const { sides, sent } = startMethod1();
    const mallory = secretOf('mallory');
    const opening = { ephemeralKey: agreementKeyOf(seededBytes('mallory')), blind: toHex(seededBytes('blind')) };
    const commitment = commitmentTo(plan, 'user', opening);
    const { signature: _, ...commit } = sent[0] as Message;
    const forged = signMessage(
      { ...commit, body: { ...commit.body, commitment } as MessageBody },
      IDENTITIES,
      mallory.signingKey,
    );
    expect(await answerOf(sides.miner, forged)).toBe('forged');
  });

  it('between parties whose signatures it can forge still fails, because their confirmations are for different keys', async () => {
    const left = await runAll(plan, 'towards the user', 'method-1');
    const right = await runAll(plan, 'towards the miner', 'method-1');
    const ofUser = messageOf(left.sides.user.log, 4, 'user') as Message;
    let state = startMethod1('towards the miner').sides.miner;
    for (const message of right.sent) {
      if (message.sender !== 'miner' && message.round < 4) {
        state = (await mustAccept(state, message, contextOf('miner', 'towards the miner'))).state;
      }
    }
    expect(await answerOf(state, ofUser)).toBe('transcript-mismatch');
    const relabelled = signed({ ...ofUser, transcript: sessionTranscript(state) as Hex }, ofUser.body);
    expect(await answerOf(state, relabelled)).toBe('bad-confirmation');
  });

  it('who swaps the keystore entry of one party ends in an agreement that nobody else takes part in', async () => {
    const mallory = secretOf('mallory');
    const swapped = { ...plan, identities: { ...IDENTITIES, user: identityOf('user', mallory) } };
    const { sides } = startMethod1();
    const context = { ...contextOf('user'), secret: mallory };
    const { startMethod1: start } = await import('./method-1.ts');
    const step = start(swapped, 'user', context);
    if (step.kind !== 'accept') throw new Error(step.refusal.code);
    expect(await answerOf(sides.miner, step.send[0] as Message)).toBe('unknown-identity');
  });
});

describe('forward secrecy', () => {
  it('identity secrets and all messages do not give the key, which needs a deleted ephemeral secret', async () => {
    const { sides } = await runAll(plan, undefined, 'method-1');
    const transcript = sessionTranscript(sides.user) as Hex;
    const session = established(sides.user);
    const opened = (party: Party) => openedBy(sides.user, party);
    const bound = { plan, transcript: transcriptBefore(sides.user, 3) as Hex };
    const agreed = combined(([a, b]) => {
      const guess = x25519.getSharedSecret(SECRETS[a].agreementSecret, fromHex(opened(b)));
      return contributionOf(bound, [a, b], guess);
    });
    expect(deriveSessionKey('method-1', plan, transcript, agreed)).not.toEqual(session.sessionKey);
    for (const party of PARTIES) {
      expect(sides[party]).toMatchObject({ ephemeralSecret: null, opening: null, pairSecrets: null });
    }
  });

  it('an ephemeral secret of a later session opens nothing from an earlier one', async () => {
    const earlier = await before(3);
    const later = startAll(planOf('user', 'later'), 'later seed', 'method-1').sides.miner as Method1State;
    const leaked = fromHex(later.ephemeralSecret as Hex);
    const body = messageOf(earlier.sides.user.log, 3, 'user')?.body as ContributeBody;
    const opened = openedBy(earlier.sides.user, 'user');
    const secret = toHex(x25519.getSharedSecret(leaked, fromHex(opened)));
    const pretending: AgreementState = {
      ...(earlier.sides.miner as Method1State),
      pairSecrets: [
        { peer: 'user', secret },
        { peer: 'oracle', secret },
      ],
    };
    const message = signed(messageOf(earlier.sides.user.log, 3, 'user') as Message, body);
    expect(await answerOf(pretending, message)).toBe('contribution-mismatch');
  });
});

describe('the confirmation', () => {
  it('of a party with another transcript is not valid, even under the same agreed secret', () => {
    const agreed = hkdf(sha256, seededBytes('agreed'), undefined, undefined, 96);
    const transcripts = [toHex(seededBytes('one')), toHex(seededBytes('two'))] as const;
    const keys = transcripts.map((transcript) => deriveSessionKey('method-1', plan, transcript, agreed));
    expect(toHex(keys[0] as Uint8Array)).not.toBe(toHex(keys[1] as Uint8Array));
    const macs = transcripts.map((transcript, at) => confirmationMac(keys[at] as Uint8Array, transcript, 'user'));
    expect(macs[0]).not.toBe(macs[1]);
  });
});
