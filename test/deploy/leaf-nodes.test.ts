/**
 * Operators joined by their own leaf nodes, on real servers: validators work through them, and the owners of leaf nodes
 * reach nothing else.
 */
import { join } from 'node:path';
import { leafUserOf, natsAccount, natsHubAccountsOf, natsLeafAccountsOf } from '@assay/adapters/nats/accounts';
import { connectNats } from '@assay/adapters/nats/bus';
import { provisionNats } from '@assay/adapters/nats/streams';
import { freePort } from '@assay/adapters/process/free-port';
import { type ServerProcess, startNats } from '@assay/adapters/process/server-programs';
import { taskWork } from '@assay/protocol/bus/consumers';
import { type BusIdentity, busUserOf, inboxPrefixOf } from '@assay/protocol/bus/permissions';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Bus, ContentStore } from '@assay/protocol/ports';
import { contentIdOf } from '@assay/protocol/task/content-id';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, takeFrom } from '../integration/eventually.ts';
import { temporaryFolder } from '../integration/temporary-folder.ts';

const [mine, theirs] = [`0x${'a1'.repeat(20)}`, `0x${'b2'.repeat(20)}`] as [Hex, Hex];
const operators = [mine, theirs];
const taskIdOf = (index: number) => `0x${index.toString(16).padStart(64, '0')}` as Hex;
const passwordOf = (user: string) => `password-of-${user}`;
const text = (value: string) => new TextEncoder().encode(value);
const readable = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

interface Joined {
  readonly bus: Bus;
  readonly contentStore: ContentStore;
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let hub: ServerProcess;
const leaves = new Map<Hex, ServerProcess>();
const open: { close(): Promise<void> }[] = [];

async function joined(server: ServerProcess | undefined, identity: BusIdentity): Promise<Joined> {
  if (server === undefined) throw new Error('The server does not run.');
  const user = busUserOf(identity);
  const who = { user, pass: passwordOf(user), inboxPrefix: inboxPrefixOf(identity) };
  const ports = await connectNats({ servers: server.url, name: user, ...who });
  open.push(ports.bus);
  return ports;
}
const validator = (operator: Hex): BusIdentity => ({ kind: 'validator', operator, role: 'checksum' });

/** An operator's server. Its owner has full control and has a user without restrictions. */
async function startLeaf(operator: Hex, linkPort: number): Promise<void> {
  const own = natsLeafAccountsOf(operator, passwordOf)[natsAccount];
  const keeper = { user: 'keeper', password: passwordOf('keeper') };
  const user = leafUserOf(operator);
  const url = `nats-leaf://${user}:${passwordOf(user)}@127.0.0.1:${linkPort}`;
  const server = await startNats({
    dir: join(folder.path, user),
    jetStream: false,
    config: {
      accounts: { [natsAccount]: { ...own, users: [...own.users, keeper] } },
      leafnodes: { remotes: [{ url, account: natsAccount }] },
    },
  });
  leaves.set(operator, server);
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const linkPort = await freePort();
  hub = await startNats({
    dir: join(folder.path, 'hub'),
    config: { accounts: natsHubAccountsOf(operators, passwordOf), leafnodes: { listen: `127.0.0.1:${linkPort}` } },
  });
  const provisioner: BusIdentity = { kind: 'provisioner' };
  const user = busUserOf(provisioner);
  const who = { user, pass: passwordOf(user), inboxPrefix: inboxPrefixOf(provisioner) };
  await provisionNats({ servers: hub.url, ...who, operators });
  await Promise.all(operators.map((operator) => startLeaf(operator, linkPort)));
});

afterAll(async () => {
  await Promise.all(open.map((one) => one.close()));
  await Promise.all([...leaves.values(), hub].map((server) => server?.stop()));
  await folder.remove();
});

describe('a validator behind its operator’s leaf node', () => {
  let gateway: Joined;
  let own: Joined;

  beforeAll(async () => {
    gateway = await joined(hub, { kind: 'gateway' });
    own = await joined(leaves.get(mine), validator(mine));
  });

  it('pulls tasks, reads their content, publishes its observation once, and reads it again', async () => {
    const taskId = taskIdOf(1);
    const [place, cid] = [{ kind: 'task', id: taskId } as const, contentIdOf(text('an answer'))];
    await gateway.contentStore.put(place, new Map([[cid, text('an answer')]]));
    await gateway.bus.publish(subjects.task(taskId), text('a task'));
    const stop = new AbortController();
    const work = own.bus.work({ ...taskWork(mine, 'checksum'), concurrency: 1 }, stop.signal);
    const [delivery] = await takeFrom('a task', work, 1);
    await delivery?.ack();
    stop.abort();
    expect([delivery?.subject, delivery?.deliveryCount]).toEqual([subjects.task(taskId), 1]);
    expect(readable(await own.contentStore.get(cid, place))).toBe('an answer');
    expect(readable((await own.bus.last('TASKS', subjects.task(taskId)))?.data)).toBe('a task');
    const subject = subjects.observation(taskId, 'checksum', mine);
    expect((await own.bus.publish(subject, text('mine'), { expectLastSubjectSequence: 0 })).status).toBe('stored');
    expect(readable((await own.bus.next('OBSERVATIONS', subject, 0))?.data)).toBe('mine');
    expect((await own.bus.publish(subject, text('again'), { expectLastSubjectSequence: 0 })).status).toBe('conflict');
  });

  it('cosigns', async () => {
    expect((await own.bus.publish(subjects.cosignature('1-1', mine), text('x'))).status).toBe('stored');
  });

  it('is limited to its own operator, and to the pledges of its role, by its leaf node', async () => {
    for (const subject of [
      subjects.pledge(taskIdOf(1), 'semantic', mine),
      subjects.observation(taskIdOf(1), 'checksum', theirs),
      subjects.report(taskIdOf(1)),
    ])
      await expect(own.bus.publish(subject, text('forged'))).rejects.toThrow(/[Pp]ermissions? [Vv]iolation/);
  });

  it('continues when its leaf node and then the network’s server restart under load; every task is delivered', async () => {
    const count = 300;
    const from = 1_000;
    const seen = new Set<string>();
    const stop = new AbortController();
    const taking = (async () => {
      for await (const delivery of own.bus.work({ ...taskWork(mine, 'checksum'), concurrency: 4 }, stop.signal)) {
        seen.add(delivery.subject);
        await delivery.ack().catch(() => undefined);
      }
    })();
    for (let index = 0; index < count; index++) {
      await gateway.bus.publish(subjects.task(taskIdOf(from + index)), text('a task'));
      if (index === 100) await leaves.get(mine)?.restart();
      if (index === 200) await hub.restart();
    }
    const wanted = Array.from({ length: count }, (_, index) => subjects.task(taskIdOf(from + index)));
    await eventually('every task', () => wanted.every((subject) => seen.has(subject)), 50_000);
    stop.abort();
    await taking;
  });
});

describe('the owner of a leaf node, without restrictions there', () => {
  let keeper: NatsConnection;
  let other: Joined;
  const heard: string[] = [];

  beforeAll(async () => {
    const server = leaves.get(mine);
    keeper = await connect({ servers: server?.url ?? '', user: 'keeper', pass: passwordOf('keeper') });
    other = await joined(leaves.get(theirs), validator(theirs));
  });

  afterAll(() => keeper.close());

  it('receives no messages of others', async () => {
    const everything = keeper.subscribe('>', { callback: (_, { subject }) => void heard.push(subject) });
    await keeper.flush();
    const subject = subjects.observation(taskIdOf(2), 'checksum', theirs);
    expect((await other.bus.publish(subject, text('theirs'))).status).toBe('stored');
    await (await joined(hub, { kind: 'gateway' })).bus.publish(subjects.task(taskIdOf(2)), text('a task'));
    // The own observation takes the same path afterwards, so everything sent before has arrived.
    const own = subjects.observation(taskIdOf(2), 'checksum', mine);
    await keeper.request(own, 'mine', { timeout: 30_000 });
    everything.unsubscribe();
    expect(heard).toContain(own);
    expect(heard.filter((one) => one.includes(theirs.slice(2)) || one.startsWith('assay.v1.tasks'))).toEqual([]);
  });

  it.each([
    ['an observation of another operator', subjects.observation(taskIdOf(3), 'checksum', theirs)],
    ['a cosignature of another operator', subjects.cosignature('1-1', theirs)],
    ['a task', subjects.task(taskIdOf(3))],
    ['a proposal', subjects.proposal('1-9')],
    ['a report', subjects.report(taskIdOf(3))],
    ['an audit entry', subjects.audit('grants')],
  ])('cannot publish %s', async (_, subject) => {
    await expect(keeper.request(subject, 'forged', { timeout: 30_000 })).rejects.toThrow(/no responders/i);
  });

  it.each([
    [
      "another operator's observation",
      `DIRECT.GET.OBSERVATIONS.${subjects.observation(taskIdOf(2), 'checksum', theirs)}`,
    ],
    ['any observation by its sequence', 'STREAM.MSG.GET.OBSERVATIONS'],
    ['a consumer over all observations', 'CONSUMER.CREATE.OBSERVATIONS'],
    ["a task from another operator's consumer", `CONSUMER.MSG.NEXT.TASKS.${taskWork(theirs, 'checksum').durable}`],
    ['what streams there are', 'STREAM.NAMES'],
    ['the end of a stream', 'STREAM.DELETE.TASKS'],
  ])('cannot request %s, by either name', async (_, subject) => {
    for (const name of [`$JS.API.${subject}`, `hub.$JS.API.${subject}`])
      await expect(keeper.request(name, '{"seq":1}', { timeout: 30_000 })).rejects.toThrow(/no responders/i);
  });

  it('is refused at the network’s servers as a client', async () => {
    for (const user of ['keeper', 'aggregator-0', busUserOf(validator(mine))])
      await expect(connect({ servers: hub.url, user, pass: passwordOf('keeper') })).rejects.toThrow(/[Aa]uthorization/);
  });
});
