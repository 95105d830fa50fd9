import { systemClock } from '@assay/adapters/process/system-clock';
import { establishedSession } from '@assay/session-keys/agreement/agreement-state';
import { METHODS } from '@assay/session-keys/agreement/transcript';
import { PARTIES } from '@assay/session-keys/identity/identity';
import { describe, expect, it } from 'vitest';
import { Life, SessionWorld } from './sessions.fixture.ts';

async function eventually(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const untilMs = Date.now() + 60_000;
  while (Date.now() < untilMs) {
    if (await isSo()) return;
    await systemClock.sleep(10);
  }
  throw new Error(`it never came to ${what}`);
}

/** The nightly run has a replica die at every effect. */
const stride = process.env.TEST_SCOPE === 'whole' ? 1 : 7;

describe.each(METHODS)('%s over the bus', (method) => {
  it.each(PARTIES)('is established with two replicas, whoever coordinates (the %s)', async (coordinator) => {
    const world = new SessionWorld();
    const [first] = [world.replica(), world.replica()];
    const { plan, user, miner } = await world.open(method, coordinator);
    const session = establishedSession(user);
    expect(establishedSession(miner)).toEqual(session);
    await eventually('the oracle having the session', async () => {
      const held = await first.sessions.load(plan.sessionId);
      return held !== undefined && establishedSession(held.state) !== undefined;
    });
    const held = await first.sessions.load(plan.sessionId);
    expect(held && establishedSession(held.state)).toEqual(session);
    const { address } = world.identities.user;
    await eventually('the session being recorded', () => world.recorded.length > 0);
    expect(world.recorded).toEqual([
      {
        state: 'established',
        sessionId: plan.sessionId,
        method,
        user: address,
        miner: world.identities.miner.address,
        transcriptHash: session?.transcriptHash,
      },
    ]);
    await world.stop();
  });

  it('serves many sessions at once', async () => {
    const world = new SessionWorld();
    world.replica();
    world.replica();
    const opened = await Promise.all(Array.from({ length: 12 }, () => world.open(method)));
    for (const { user, miner } of opened) expect(establishedSession(user)).toEqual(establishedSession(miner));
    await world.stop();
  });

  it('is established although a replica dies right before or after any of its effects', {
    timeout: 120_000,
  }, async () => {
    const alone = new SessionWorld();
    const whole = new Life();
    alone.replica(whole);
    await alone.open(method);
    await eventually('all being acknowledged', () => alone.recorded.length > 0);
    await alone.stop();
    expect(whole.effects).toBeGreaterThan(15);
    for (let diesAt = 1; diesAt <= whole.effects; diesAt += stride) {
      const world = new SessionWorld();
      const life = new Life(diesAt);
      world.replica(life);
      await systemClock.sleep(1);
      const opening = world.open(method);
      await eventually('the first replica having begun', () => life.effects > 0);
      world.replica();
      const { user, miner } = await opening;
      expect(establishedSession(user), `dies at effect ${diesAt}`).toEqual(establishedSession(miner));
      await eventually(`the session being recorded (dies at effect ${diesAt})`, () => world.recorded.length > 0);
      await world.stop();
    }
  });

  it('is established although each replica dies after a few effects and the next takes over', {}, async () => {
    const world = new SessionWorld();
    const opening = world.open(method);
    let done = false;
    void opening.finally(() => {
      done = true;
    });
    let deaths = 0;
    for (let replica = 0; !done && replica < 40; replica += 1) {
      const life = new Life(11);
      world.replica(life);
      await eventually('the replica dying', () => done || life.stopped.signal.aborted);
      deaths += life.stopped.signal.aborted ? 1 : 0;
    }
    const { user, miner } = await opening;
    expect(establishedSession(user)).toEqual(establishedSession(miner));
    expect(deaths).toBeGreaterThan(1);
    await world.stop();
  });
});

describe('the state of a session', () => {
  it('is replaced only by who loaded the latest', async () => {
    const world = new SessionWorld();
    const [first, second] = [world.replica(), world.replica()];
    const { plan } = await world.open('method-2');
    await eventually('the session being recorded', () => world.recorded.length > 0);
    const [a, b] = [await first.sessions.load(plan.sessionId), await second.sessions.load(plan.sessionId)];
    if (a === undefined || b === undefined) throw new Error('no session');
    expect(await first.sessions.replace(a, { ...a, grants: 1 })).toBe(true);
    expect(await second.sessions.replace(b, { ...b, grants: 7 })).toBe(false);
    expect((await second.sessions.load(plan.sessionId))?.grants).toBe(1);
    await world.stop();
  });

  it('outlives a lost cache in memory, and an agreement without a cache works', async () => {
    const world = new SessionWorld();
    const only = world.replica();
    const { plan } = await world.open('method-1');
    await eventually('the session being recorded', () => world.recorded.length > 0);
    world.cache.flush();
    const held = await only.sessions.load(plan.sessionId);
    expect(held?.inCache).toBe(false);
    expect(held && (await only.sessions.replace(held, held))).toBe(true);
    world.cache.setDown(true);
    const { user, miner } = await world.open('method-2');
    expect(establishedSession(user)).toEqual(establishedSession(miner));
    await world.stop();
  });

  it('is never in the cache in the clear', async () => {
    const world = new SessionWorld();
    const only = world.replica();
    const { plan, user } = await world.open('method-1');
    const stored = await world.cache.get(`session:${plan.sessionId}`);
    const text = Buffer.from(stored ?? []).toString('latin1');
    expect(text.length).toBeGreaterThan(1_000);
    expect(text).not.toContain(user.sessionKey?.slice(2));
    expect(text).not.toContain('identities');
    expect(only.identity.party).toBe('oracle');
    await world.stop();
  });
});
