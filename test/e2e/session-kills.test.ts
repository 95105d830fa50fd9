/**
 * One of two key participants is killed between any two messages of an agreement; the agreement still ends with a
 * session.
 */
import { dirname } from 'node:path';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { type ServiceProcess, startService } from '@assay/cli/network/service-process';
import { registerSessionAccount } from '@assay/cli/tasks/seal-task';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import { addressOfIdentity, readIdentities } from '@assay/sdk/session-identity';
import { METHODS } from '@assay/session-keys/agreement/transcript';
import { PARTIES } from '@assay/session-keys/identity/identity';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../integration/eventually.ts';
import { followSessions, type HeldOpening, HeldSession } from './held-session.ts';
import { deadLettersOf } from './stream-messages.ts';
import { serviceNamed, startWatchedNetwork, type WatchedNetwork } from './watched-network.ts';

/** The nightly run has a kill before every message, `npm test` before every second one. */
const step = process.env.TEST_SCOPE === 'whole' ? 1 : 2;
/** Accounts 0 and 1 belong to the deployer and the oracle. */
const accounts = { user: 3, miner: 4 } as const;
/** Method 1 has no coordinator: it does not matter who asks for the session. */
const plans = [
  { method: 'method-1', coordinator: 'user', clientMessages: 8 },
  ...PARTIES.map((coordinator) => ({ method: 'method-2', coordinator, clientMessages: 5 }) as const),
] as const;

let network: WatchedNetwork;
let opening: Omit<HeldOpening, 'method' | 'coordinator'>;
const sessions = new Map<Hex, HeldSession>();
const stopping = new AbortController();

beforeAll(async () => {
  network = await startWatchedNetwork({
    operators: 1,
    replicas: 0,
    aggregators: 0,
    participants: 2,
    blockTimeSeconds: 0.1,
  });
  const { gateway, chain } = network;
  const [user, miner] = [
    await registerSessionAccount(chain, anvilAccountKey(accounts.user)),
    await registerSessionAccount(chain, anvilAccountKey(accounts.miner)),
  ];
  const { oracle } = await gateway.readNetwork();
  if (oracle === undefined) throw new Error('The network has no key participant.');
  const addresses = { user: addressOfIdentity(user.secret), miner: addressOfIdentity(miner.secret), oracle };
  const identities = await readIdentities(chain, addresses);
  opening = { gateway, identities, secrets: { user: user.secret, miner: miner.secret } };
  void followSessions(network.bus, sessions, stopping.signal);
});

afterAll(async () => {
  stopping.abort();
  await network?.stop();
});

function held(method: HeldOpening['method'], coordinator: HeldOpening['coordinator']): HeldSession {
  const session = new HeldSession({ ...opening, method, coordinator });
  sessions.set(session.sessionId, session);
  return session;
}

it('a replica killed before and after every message of User and Miner, by every method and coordinator', async () => {
  const [dying, surviving] = [0, 1].map((index) => serviceNamed(network, `oracle-key-participant-${index}`));
  if (dying === undefined || surviving === undefined) throw new Error('There are not two replicas.');
  const points = plans.flatMap((plan) =>
    Array.from({ length: Math.ceil(plan.clientMessages / step) }, (_, index) => ({ ...plan, before: index * step })),
  );
  /** The next message of these is sent to paused replicas, so that one of them dies while it holds the message. */
  const unanswered = points.map((point) => ({ ...point, session: held(point.method, point.coordinator) }));
  /** Nothing of these is in progress at the kill: every message has been answered. */
  const quiet = points.map((point) => ({ ...point, session: held(point.method, point.coordinator) }));
  await Promise.all(
    [...unanswered, ...quiet].map(async ({ session, before }) => {
      await session.sayUpTo(before);
      await session.answered();
    }),
  );
  for (const { pid } of [dying, surviving]) process.kill(pid, 'SIGSTOP');
  await Promise.all(unanswered.map(({ session, before }) => session.sayUpTo(before + 1)));
  await dying.kill();
  const killedAtMs = Date.now();
  process.kill(surviving.pid, 'SIGCONT');
  await Promise.all(unanswered.map(({ session }) => session.answered()));
  const fromDeadHands = unanswered.filter(
    ({ session }) => session.oracleSpokeAtMs > killedAtMs + limits.sessionAckWaitMs / 2,
  );
  expect(fromDeadHands.length, 'answers to what the dead replica had').toBeGreaterThan(0);
  await Promise.all([...unanswered, ...quiet].map(({ session }) => session.finish()));
  for (const session of sessions.values()) {
    const [user, miner] = session.keys;
    expect(user, session.name).toBeDefined();
    expect(miner, session.name).toBe(user);
  }
  // The surviving replica also records the sessions that the dead one had not recorded.
  const oracle = opening.identities.oracle.address;
  for (const session of sessions.values()) {
    const recorded = await eventually(
      `the record of ${session.name}`,
      async () => {
        const found = await network.chain.sessionOf(oracle, session.sessionId);
        return found?.state === 'established' && found;
      },
      120_000,
    );
    expect(recorded).toMatchObject({ method: session.method, transcriptHash: session.transcriptHash });
  }
});

it('a state that is lost everywhere yields no key, and the agreement restarts under another id', async () => {
  const [late, early] = [METHODS.map((method) => held(method, 'user')), held('method-1', 'user')];
  await Promise.all([...late.map((session) => session.sayUpTo(2)), early.sayUpTo(1)]);
  await Promise.all([...late, early].map((session) => session.answered()));
  const fresh = await loseEverything();
  try {
    await Promise.all([...late, early].map((session) => session.sayUpTo(session.said + 1)));
    // In the first round, the Oracle restarts and sends different messages; a party that has the earlier ones refuses.
    await expect(early.answered()).rejects.toThrow('conflicting-message');
    // Later, it no longer knows the session, or restarts with a first message that the dead replica had not
    // acknowledged.
    for (const session of late) {
      const last = await network.bus.last('SESSIONS', subjects.session(session.sessionId));
      const isOver = async () => {
        const letters = await deadLettersOf(network.bus, 'SESSIONS', last?.sequence ?? 0);
        return session.refused === 'conflicting-message' || letters.some(({ code }) => code === 'unknown-session');
      };
      await eventually(`the end of ${session.name}`, isOver, 60_000);
    }
    for (const session of [...late, early]) expect(session.keys, session.name).toEqual([undefined, undefined]);
    for (const { sessionId, name } of late) {
      const isProposed = async () =>
        (await network.chain.sessionOf(opening.identities.oracle.address, sessionId))?.state;
      expect(await eventually(`the record of ${name}`, isProposed), name).toBe('proposed');
    }
    for (const method of METHODS) {
      const [user, miner] = await held(method, 'user').finish();
      expect(user).toBeDefined();
      expect(miner).toBe(user);
    }
  } finally {
    await fresh.stop();
  }
});

/** Empties Redis and kills every replica, so that no memory has a state either; a new replica continues without it. */
async function loseEverything(): Promise<ServiceProcess> {
  const running = network.services.filter(({ service }) => service === 'oracle-key-participant');
  const redis = new Redis(network.servers.redis.url);
  await Promise.all([redis.flushall(), ...running.map((one) => one.kill())]);
  redis.disconnect();
  const [first] = running;
  if (first === undefined) throw new Error('There is no replica.');
  return startService({ ...first.spec, name: 'oracle-key-participant-fresh' }, dirname(first.logFile));
}
