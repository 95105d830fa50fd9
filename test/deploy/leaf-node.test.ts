/** An operator's leaf node: its validators work through it, and the network refuses what they may not do, whatever the leaf allows. */
import { freePort } from '@assay/adapters/child-server';
import { natsAccountsOf } from '@assay/adapters/nats-accounts';
import { connectNatsBus } from '@assay/adapters/nats-bus';
import { provisionNats } from '@assay/adapters/nats-streams';
import { type ServerProcess, startNats } from '@assay/adapters/server-process';
import { taskWork } from '@assay/protocol/bus-consumers';
import { type BusIdentity, busIdentities, busUserOf, inboxPrefixOf } from '@assay/protocol/bus-permissions';
import type { Hex } from '@assay/protocol/bytes';
import type { Bus } from '@assay/protocol/ports';
import { subjects } from '@assay/protocol/subjects';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, takeFrom } from '../integration/eventually.ts';
import { temporaryFolder } from '../integration/temporary-folder.ts';

const [mine, theirs] = [`0x${'a1'.repeat(20)}`, `0x${'b2'.repeat(20)}`] as [Hex, Hex];
const taskId = `0x${'07'.repeat(32)}` as Hex;
const password = 'a-password';
const text = (value: string) => new TextEncoder().encode(value);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let hub: ServerProcess;
let leaf: ServerProcess;
const buses: Bus[] = [];

async function busOf(identity: BusIdentity, server: ServerProcess, user = busUserOf(identity)): Promise<Bus> {
  const options = { user, pass: password, inboxPrefix: inboxPrefixOf(identity) };
  const bus = await connectNatsBus({ servers: server.url, name: user, ...options });
  buses.push(bus);
  return bus;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const leafPort = await freePort();
  hub = await startNats({
    dir: `${folder.path}/hub`,
    config: {
      accounts: natsAccountsOf(busIdentities([mine, theirs]), () => password),
      leafnodes: { listen: `127.0.0.1:${leafPort}` },
    },
  });
  const provisioner: BusIdentity = { kind: 'provisioner' };
  const login = { user: busUserOf(provisioner), pass: password, inboxPrefix: inboxPrefixOf(provisioner) };
  await provisionNats({ servers: hub.url, ...login, operators: [mine, theirs] });
  // A leaf whose keeper allows everything to everyone: what holds is what the network allows the leaf.
  const remote = `nats-leaf://${busUserOf({ kind: 'operator', operator: mine })}:${password}@127.0.0.1:${leafPort}`;
  leaf = await startNats({
    dir: `${folder.path}/leaf`,
    config: {
      jetstream: 'disabled',
      accounts: { ASSAY: { users: [{ user: 'anyone', password }] } },
      leafnodes: { remotes: [{ url: remote, account: 'ASSAY' }] },
    },
  });
}, 60_000);

afterAll(async () => {
  await Promise.all(buses.map((bus) => bus.close()));
  await leaf?.stop();
  await hub?.stop();
  await folder?.remove();
}, 60_000);

describe('a validator behind a leaf node', () => {
  let bus: Bus;

  beforeAll(async () => {
    const validator: BusIdentity = { kind: 'validator', operator: mine, role: 'checksum' };
    bus = await eventually('the leaf to be joined', () => busOf(validator, leaf, 'anyone'), 30_000);
    await (await busOf({ kind: 'gateway' }, hub)).publish(subjects.task(taskId), text('a task'));
    const other = await busOf({ kind: 'validator', operator: theirs, role: 'checksum' }, hub);
    await other.publish(subjects.observation(taskId, 'checksum', theirs), text('theirs'));
  }, 60_000);

  it('takes tasks, acknowledges them and publishes its observation', async () => {
    const stop = new AbortController();
    const work = bus.work({ ...taskWork(mine, 'checksum'), concurrency: 1 }, stop.signal);
    const [delivery] = await takeFrom('a task', work, 1);
    await delivery?.ack();
    stop.abort();
    const subject = subjects.observation(taskId, 'checksum', mine);
    expect((await bus.publish(subject, text('mine'), { expectLastSubjectSequence: 0 })).status).toBe('stored');
    expect((await bus.next('OBSERVATIONS', subject, 0))?.subject).toBe(subject);
  });

  it.each([
    ['an observation of another operator', subjects.observation(taskId, 'checksum', theirs)],
    ['a report', subjects.report(taskId)],
  ])('cannot publish %s, although its own leaf would let it', { timeout: 90_000 }, async (_, subject) => {
    await expect(bus.publish(subject, text('forged'))).rejects.toThrow(/failed after/);
    const aggregator = await busOf({ kind: 'aggregator' }, hub);
    const stream = subject.includes('.reports.') ? 'REPORTS' : 'OBSERVATIONS';
    const last = await aggregator.last(stream, subject);
    expect(last === undefined ? 'nothing' : new TextDecoder().decode(last.data)).toBe(stream === 'REPORTS' ? 'nothing' : 'theirs');
  });

  it("cannot read another operator's observation", { timeout: 90_000 }, async () => {
    await expect(bus.last('OBSERVATIONS', subjects.observation(taskId, 'checksum', theirs))).rejects.toThrow(/failed after/);
  });
});
