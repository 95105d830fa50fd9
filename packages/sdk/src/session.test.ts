import type { StepContext } from '@assay/session-keys/agreement/agreement';
import { type AgreementState, establishedSession } from '@assay/session-keys/agreement/agreement-state';
import { phaseOf } from '@assay/session-keys/agreement/agreement-view';
import { type Message, signMessage } from '@assay/session-keys/agreement/message';
import { rekeySession } from '@assay/session-keys/agreement/rekey-and-close';
import { receiveMessage, startAgreement } from '@assay/session-keys/agreement/session';
import { METHODS, type Method } from '@assay/session-keys/agreement/transcript';
import { identityOf, type Party } from '@assay/session-keys/identity/identity';
import { contentKey } from '@assay/session-keys/sealing/content-key';
import { openContent } from '@assay/session-keys/sealing/seal';
import { readSealedHeader } from '@assay/session-keys/sealing/sealed-header';
import { describe, expect, it } from 'vitest';
import { platformRandom } from './platform-random.ts';
import { newSessionId, openSession, type SessionLog } from './session.ts';
import { addressOfIdentity, makeIdentity, readIdentities, registerIdentity } from './session-identity.ts';

const secretOf = () => makeIdentity(`0x${Buffer.from(platformRandom(32)).toString('hex')}`);
const secrets = { user: secretOf(), miner: secretOf(), oracle: secretOf() };
const identities = {
  user: identityOf('user', secrets.user),
  miner: identityOf('miner', secrets.miner),
  oracle: identityOf('oracle', secrets.oracle),
};

/** A gateway's log of sessions, with the oracle's side behind it. */
class LogWithOracle implements SessionLog {
  readonly messages: Message[] = [];
  oracle: AgreementState | undefined;
  private last: Promise<void> = Promise.resolve();
  readonly context: StepContext = { secret: secrets.oracle, random: platformRandom };

  async leaveSessionMessage(message: Message): Promise<void> {
    this.messages.push(message);
    this.last = this.last.then(() => this.answer(message));
    await this.last;
  }

  async readSessionMessages(_: string, after: number): Promise<{ messages: Message[]; after: number }> {
    if (this.messages.length === after) await new Promise((resolve) => setTimeout(resolve, 1));
    return { messages: this.messages.slice(after), after: this.messages.length };
  }

  private async answer(message: Message): Promise<void> {
    const { body, sessionId, method } = message;
    if (this.oracle === undefined && (body.kind === 'propose' || body.kind === 'commit')) {
      const { coordinator } = body;
      const started = startAgreement(method, { sessionId, coordinator, identities }, 'oracle', this.context);
      if (started.kind === 'reject') throw new Error(started.refusal.code);
      this.oracle = started.state;
      this.messages.push(...started.send);
    }
    if (this.oracle === undefined) return;
    const step = await receiveMessage(this.oracle, message, this.context);
    if (step.kind !== 'accept') return;
    this.oracle = step.state;
    this.messages.push(...step.send);
  }
}

async function open(gateway: SessionLog, method: Method, coordinator?: Party) {
  const shared = { gateway, method, sessionId: newSessionId(), identities, ...(coordinator && { coordinator }) };
  return Promise.all([
    openSession({ ...shared, party: 'user', secret: secrets.user }),
    openSession({ ...shared, party: 'miner', secret: secrets.miner }),
  ]);
}

async function bytesOf(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return new Uint8Array(Buffer.concat(all));
}

describe.each(METHODS)('a session by %s', (method) => {
  it.each(['user', 'miner', 'oracle'] as const)(
    'is opened by User and Miner in one call each (the %s coordinates)',
    async (coordinator) => {
      const log = new LogWithOracle();
      const [user, miner] = await open(log, method, coordinator);
      expect(user.established).toEqual(miner.established);
      expect(log.oracle && establishedSession(log.oracle)).toEqual(user.established);
    },
  );

  it('seals content that the key’s holder opens, follows rekeys, and has no key once closed', async () => {
    const log = new LogWithOracle();
    const [user, miner] = await open(log, method);
    const read = (sealed: string) => {
      const blob = new Uint8Array(Buffer.from(sealed, 'base64'));
      const header = readSealedHeader(blob);
      const session = log.oracle && establishedSession(log.oracle);
      if (!header.ok || session === undefined) throw new Error('unreadable');
      const opened = openContent(contentKey(session.sessionKey, header.value, 'task'), 'task', blob);
      return opened.ok ? new TextDecoder().decode(opened.value) : opened.refusal.code;
    };
    expect(read(user.seal('prompt', 'task', 'a question').sealed)).toBe('a question');
    const rekeyed = rekeySession(log.oracle as AgreementState, log.context);
    if (rekeyed.kind !== 'accept') throw new Error(rekeyed.refusal.code);
    log.oracle = rekeyed.state;
    log.messages.push(...rekeyed.send);
    expect(read(miner.seal('output', 'task', 'an answer').sealed)).toBe('wrong-content-key');
    await miner.catchUp();
    expect(read(miner.seal('output', 'task', 'an answer').sealed)).toBe('an answer');
    await user.close();
    expect(() => user.seal('prompt', 'task', 'late')).toThrow('closed');
    await miner.close();
    expect(miner.phase).toBe('closed');
    expect(log.oracle && phaseOf(log.oracle)).toBe('closed');
  });

  it('seals a stream for the others to open, also after one rekey, and not after two', async () => {
    const log = new LogWithOracle();
    const [user, miner] = await open(log, method);
    const plain = new Uint8Array(2 * 1024 * 1024 + 3).fill(7);
    const sealed = await bytesOf(user.sealStream('prompt', 'task', () => [plain]));
    for (const readable of [true, true, false]) {
      const opened = await bytesOf(miner.openStream('task', [sealed])).catch(String);
      if (readable) expect(opened).toEqual(plain);
      else expect(opened).toContain('wrong-content-key');
      const rekeyed = rekeySession(log.oracle as AgreementState, log.context);
      if (rekeyed.kind !== 'accept') throw new Error(rekeyed.refusal.code);
      log.oracle = rekeyed.state;
      log.messages.push(...rekeyed.send);
      await miner.catchUp();
    }
  });

  it('is not disturbed by messages of outsiders in its log', async () => {
    const log = new LogWithOracle();
    const leave = log.leaveSessionMessage.bind(log);
    log.leaveSessionMessage = async (message) => {
      const { signature: _, ...unsigned } = message;
      log.messages.push(signMessage(unsigned, identities, platformRandom(32)));
      await leave(message);
    };
    const [user, miner] = await open(log, method);
    expect(user.established).toEqual(miner.established);
    expect(user.passedOver).toBe('forged');
  });

  it('gives the reason why it was not established in time', async () => {
    const silent: SessionLog = {
      leaveSessionMessage: async () => undefined,
      readSessionMessages: async (_, after) => ({ messages: [], after }),
    };
    const opening = openSession({
      gateway: silent,
      method,
      sessionId: newSessionId(),
      identities,
      timeoutMs: 1,
      party: 'user',
      secret: secrets.user,
    });
    await expect(opening).rejects.toThrow(/not established in time \(awaiting-\w+\); is the key participant running/);
  });
});

describe('identities', () => {
  it('are those of the keystore, registered once', async () => {
    const registered = new Map<string, `0x${string}`>();
    const writes: string[] = [];
    const chain = {
      agreementKeyOf: async (address: string) => registered.get(address),
      registerAgreementKey: async (privateKey: `0x${string}`, agreementKey: `0x${string}`) => {
        const address = addressOfIdentity(makeIdentity(privateKey));
        registered.set(address, agreementKey);
        writes.push(address);
      },
    };
    const addresses = {
      user: identities.user.address,
      miner: identities.miner.address,
      oracle: identities.oracle.address,
    };
    await expect(readIdentities(chain, addresses)).rejects.toThrow('has no agreement key in the keystore');
    for (const party of ['user', 'miner', 'oracle', 'user'] as const) {
      const privateKey = `0x${Buffer.from(secrets[party].signingKey).toString('hex')}` as const;
      await registerIdentity(chain, privateKey, secrets[party]);
    }
    expect(writes).toEqual([addresses.user, addresses.miner, addresses.oracle]);
    expect(await readIdentities(chain, addresses)).toEqual(identities);
  });
});
