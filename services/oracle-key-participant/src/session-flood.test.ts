/** Messages that nobody signed do not keep session agreements from being handled. */
import { randomBytes } from 'node:crypto';
import { subjects } from '@assay/protocol/bus/subjects';
import { toHex } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import type { Clock } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import type { Message } from '@assay/session-keys/agreement/message';
import { expect, it } from 'vitest';
import { Life, SessionWorld } from './sessions.fixture.ts';

const hex = (bytes: number) => toHex(new Uint8Array(randomBytes(bytes)));
/** Whoever sleeps on it sleeps until the end: a handler that waits in its slot never gives the slot back. */
const endless: Clock = {
  nowMs: () => Date.now(),
  sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true })),
};

it('20 unsigned session messages a second do not stop a session agreement: none waits in a slot', async () => {
  const world = new SessionWorld();
  world.replica(new Life(), endless);
  const bus = world.broker.connect();
  const unsigned = async () => {
    const sessionId = hex(32);
    const body = { kind: 'open', ephemeralKey: hex(32), blind: hex(32) } as const;
    const head = { version: 1, sessionId, sender: 'user', round: 2, method: 'method-1', transcript: hex(32) };
    await bus.publish(subjects.session(sessionId), encodeMessage({ ...head, body, signature: hex(65) }));
  };
  for (let count = 0; count < 4 * tuning.sessionConcurrency; count += 1) await unsigned();
  const flood = setInterval(() => void unsigned(), 50);
  const { user, miner } = await world.open('method-1').finally(() => clearInterval(flood));
  expect(user.sessionKey).toBe(miner.sessionKey);
  await world.stop();
});

it('a first message that its sender did not sign is refused before the chain is asked', async () => {
  const world = new SessionWorld();
  const asked: string[] = [];
  const participant = world.replica();
  Object.assign(participant.chain, {
    agreementKeyOf: async (address: string) => {
      asked.push(address);
      return undefined;
    },
  });
  const sessionId = hex(32);
  const message: Omit<Message, 'body'> & { body: unknown } = {
    version: 1,
    sessionId,
    sender: 'user',
    round: 1,
    method: 'method-1',
    transcript: hex(32),
    body: { kind: 'commit', coordinator: 'user', identities: world.identities, commitment: hex(32) },
    signature: hex(65),
  };
  await world.broker.connect().publish(subjects.session(sessionId), encodeMessage(message));
  let letter: unknown;
  for (let left = 1_000; left > 0 && letter === undefined; left -= 1) {
    const last = await world.broker.connect().last('DEAD', subjects.dead('sessions'));
    letter = last === undefined ? undefined : JSON.parse(new TextDecoder().decode(last.data));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(letter).toMatchObject({ code: 'forged' });
  expect(asked).toEqual([]);
  await world.stop();
});
