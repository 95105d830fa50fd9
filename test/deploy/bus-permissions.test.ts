/** A real NATS server with production users: what a validator's stolen credentials allow, and what they do not. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { natsAccountsOf } from '@assay/adapters/nats/accounts';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import { provisionNats } from '@assay/adapters/nats/streams';
import { type ServerProcess, startNats } from '@assay/adapters/process/server-programs';
import { revealWork, taskWork } from '@assay/protocol/bus/consumers';
import { type BusIdentity, busIdentities, busUserOf, inboxPrefixOf } from '@assay/protocol/bus/permissions';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import type { Role } from '@assay/protocol/observation/role';
import type { Bus } from '@assay/protocol/ports';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, takeFrom, within } from '../integration/eventually.ts';
import { temporaryFolder } from '../integration/temporary-folder.ts';

const [mine, theirs] = [`0x${'a1'.repeat(20)}`, `0x${'b2'.repeat(20)}`] as [Hex, Hex];
const operators = [mine, theirs];
const taskId = `0x${'07'.repeat(32)}` as Hex;
const passwordOf = (user: string) => `password-of-${user}`;
const text = (value: string) => new TextEncoder().encode(value);

const gateway: BusIdentity = { kind: 'gateway' };
const validator = (operator: Hex, role: Role): BusIdentity => ({ kind: 'validator', operator, role });

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess;
const buses: Bus[] = [];

async function busOf(identity: BusIdentity): Promise<Bus> {
  const user = busUserOf(identity);
  const options = { user, pass: passwordOf(user), inboxPrefix: inboxPrefixOf(identity) };
  const bus = await connectNatsBus({ servers: server.url, name: user, ...options });
  buses.push(bus);
  return bus;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const accounts = natsAccountsOf(busIdentities(operators), passwordOf);
  server = await startNats({ dir: folder.path, config: { accounts } });
  const provisioner: BusIdentity = { kind: 'provisioner' };
  const user = busUserOf(provisioner);
  const who = { user, pass: passwordOf(user), inboxPrefix: inboxPrefixOf(provisioner) };
  await provisionNats({ servers: server.url, ...who, operators });
});

afterAll(async () => {
  await Promise.all(buses.map((bus) => bus.close()));
  await server.stop();
  await folder.remove();
});

describe('a validator', () => {
  let bus: Bus;
  let other: Bus;

  beforeAll(async () => {
    bus = await busOf(validator(mine, 'checksum'));
    other = await busOf(validator(theirs, 'checksum'));
    await (await busOf(gateway)).publish(subjects.task(taskId), text('a task'));
    await other.publish(subjects.observation(taskId, 'checksum', theirs), text('their observation'));
  });

  it('pulls the tasks of its own consumer, publishes its own observation, and reads it again', async () => {
    const stop = new AbortController();
    const work = bus.work({ ...taskWork(mine, 'checksum'), concurrency: 1 }, stop.signal);
    const [delivery] = await takeFrom('a task', work, 1);
    stop.abort();
    expect(delivery?.subject).toBe(subjects.task(taskId));
    const subject = subjects.observation(taskId, 'checksum', mine);
    expect((await bus.publish(subject, text('mine'), { expectLastSubjectSequence: 0 })).status).toBe('stored');
    const found = await bus.next('OBSERVATIONS', subject, 0);
    expect(new TextDecoder().decode(found?.data)).toBe('mine');
    expect(await bus.next('OBSERVATIONS', subject, found?.sequence ?? 0)).toBeUndefined();
    expect((await bus.publish(subject, text('again'), { expectLastSubjectSequence: 0 })).status).toBe('conflict');
  });

  it('cosigns', async () => {
    expect((await bus.publish(subjects.cosignature('1-1', mine), text('x'))).status).toBe('stored');
  });

  it.each([
    ['an observation of another operator', subjects.observation(taskId, 'checksum', theirs)],
    ['an observation of another operator and role', subjects.observation(taskId, 'semantic', theirs)],
    ['a pledge of another role', subjects.pledge(taskId, 'semantic', mine)],
    ['a pledge of another operator', subjects.pledge(taskId, 'checksum', theirs)],
    ['a cosignature of another operator', subjects.cosignature('1-1', theirs)],
    ['a task', subjects.task(`0x${'08'.repeat(32)}`)],
    ['a proposal', subjects.proposal('1-1')],
    ['a report', subjects.report(taskId)],
    ['a session message', subjects.session(taskId)],
    ['an audit entry', subjects.audit('grants')],
  ])('cannot publish %s', async (_, subject) => {
    await expect(bus.publish(subject, text('forged'))).rejects.toThrow(/[Pp]ermissions? [Vv]iolation/);
  });

  it("cannot read another operator's observation by its subject", async () => {
    const subject = subjects.observation(taskId, 'checksum', theirs);
    await expect(bus.last('OBSERVATIONS', subject)).rejects.toThrow(/[Pp]ermissions? [Vv]iolation/);
    await expect(bus.next('OBSERVATIONS', subject, 0)).rejects.toThrow(/[Pp]ermissions? [Vv]iolation/);
  });

  it('pledges an observation, sees who else has, and takes none but its own to show', async () => {
    const published = await bus.publish(subjects.pledge(taskId, 'checksum', mine), text('a hash'));
    expect(published.status).toBe('stored');
    await other.publish(subjects.pledge(taskId, 'checksum', theirs), text('their hash'));
    const seen = await bus.next('PLEDGES', subjects.pledge(taskId, 'checksum', theirs), 0);
    expect(new TextDecoder().decode(seen?.data)).toBe('their hash');
    const stop = new AbortController();
    const work = bus.work({ ...revealWork(mine, 'checksum'), concurrency: 2 }, stop.signal);
    const [delivery] = await takeFrom('its own pledge', work, 1);
    stop.abort();
    expect(delivery?.subject).toBe(subjects.pledge(taskId, 'checksum', mine));
  });

  it('states evidence of its own operator and role, which the gateway reads, and nothing for another', async () => {
    const subject = subjects.evidence(taskId, 'checksum', mine);
    expect((await bus.publish(subject, text('why'))).status).toBe('stored');
    const reader = await busOf(gateway);
    const read = await reader.last('EVIDENCE', subject);
    expect(new TextDecoder().decode(read?.data)).toBe('why');
    await reader.publish(subject, text('{}'));
    await reader.erase('EVIDENCE', subjects.evidenceOn(taskId), text('{}'));
    const late = bus.publish(subject, text('why, again'), { expectLastSubjectSequence: 0 });
    expect((await late).status).toBe('conflict');
    await expect(bus.erase('EVIDENCE', subject)).rejects.toThrow(/[Pp]ermissions? [Vv]iolation/);
    for (const denied of [subjects.evidence(taskId, 'checksum', theirs), subjects.evidence(taskId, 'semantic', mine)])
      await expect(bus.publish(denied, text('a lie'))).rejects.toThrow(/[Pp]ermissions? [Vv]iolation/);
  });

  it('reads observations of its own operator in another role', async () => {
    expect(await bus.last('OBSERVATIONS', subjects.observation(taskId, 'semantic', mine))).toBeUndefined();
  });

  it("pulls nothing from another operator's consumer", async () => {
    const stop = new AbortController();
    let taken = 0;
    const stealing = (async () => {
      for await (const _ of bus.work({ ...taskWork(theirs, 'checksum'), concurrency: 1 }, stop.signal)) taken++;
    })();
    const [delivery] = await takeFrom(
      'their own task',
      other.work({ ...taskWork(theirs, 'checksum'), concurrency: 1 }, stop.signal),
      1,
    );
    stop.abort();
    await stealing;
    expect([delivery?.subject, taken]).toEqual([subjects.task(taskId), 0]);
  });
});

describe('the bare protocol, without the adapter', () => {
  let nc: NatsConnection;
  const refusals: string[] = [];

  beforeAll(async () => {
    const user = busUserOf(validator(mine, 'checksum'));
    nc = await connect({
      servers: server.url,
      user,
      pass: passwordOf(user),
      inboxPrefix: inboxPrefixOf(validator(mine, 'checksum')),
    });
    void (async () => {
      for await (const status of nc.status()) if (status.type === 'error') refusals.push(status.error.message);
    })();
  });

  afterAll(() => nc.close());

  it.each([
    ['all observations', 'assay.v1.observations.>'],
    ['one observation', subjects.observation(taskId, 'checksum', theirs)],
    ["everybody's answers", '_INBOX.>'],
    ["an aggregator's answers", `${inboxPrefixOf({ kind: 'aggregator', index: 0 })}.>`],
    ["another operator's answers", `${inboxPrefixOf(validator(theirs, 'checksum'))}.>`],
    ['requests for content keys', subjects.unseal],
    ['advisories', '$JS.EVENT.>'],
    ['everything', '>'],
  ])('cannot subscribe to %s', async (_, subject) => {
    const before = refusals.length;
    nc.subscribe(subject, { callback: () => undefined });
    await nc.flush();
    await eventually('the refusal', () => refusals.length > before);
    expect(refusals.at(-1)).toMatch(/[Pp]ermissions? [Vv]iolation/);
  });

  it.each([
    ['a consumer over all observations', '$JS.API.CONSUMER.CREATE.OBSERVATIONS'],
    ['a named consumer over them', '$JS.API.CONSUMER.CREATE.OBSERVATIONS.mine'],
    ['a filtered consumer over them', '$JS.API.CONSUMER.CREATE.OBSERVATIONS.mine.assay.v1.observations.>'],
    ['a message of them by its sequence', '$JS.API.STREAM.MSG.GET.OBSERVATIONS'],
    ['the same from the nearest server', '$JS.API.DIRECT.GET.OBSERVATIONS'],
    ['a stream that copies them', '$JS.API.STREAM.CREATE.COPY'],
    ['the end of a stream', '$JS.API.STREAM.DELETE.TASKS'],
    ["the end of another's consumer", `$JS.API.CONSUMER.DELETE.TASKS.${taskWork(theirs, 'checksum').durable}`],
  ])('cannot request %s', async (_, subject) => {
    await expect(nc.request(subject, '{}', { timeout: 30_000 })).rejects.toThrow(/[Pp]ermissions? [Vv]iolation/);
  });

  it('is refused without a password, and with a wrong one', async () => {
    await expect(connect({ servers: server.url })).rejects.toThrow(/[Aa]uthorization/);
    await expect(connect({ servers: server.url, user: 'aggregator-0', pass: 'guess' })).rejects.toThrow(
      /[Aa]uthorization/,
    );
  });
});

describe('an aggregator whose user is taken out of the configuration', () => {
  it('is cut off by a reload, and the others go on', async () => {
    const [revoked, other] = [0, 1].map((index): BusIdentity => ({ kind: 'aggregator', index }));
    if (revoked === undefined || other === undefined) throw new Error('There are two aggregators.');
    const own = await temporaryFolder();
    const accounts = natsAccountsOf(busIdentities(operators), passwordOf);
    const nats = await startNats({ dir: own.path, config: { accounts } });
    try {
      const as = (identity: BusIdentity) => {
        const user = busUserOf(identity);
        const inboxPrefix = inboxPrefixOf(identity);
        return connect({ servers: nats.url, user, pass: passwordOf(user), inboxPrefix, reconnect: false });
      };
      const [gone, stays] = [await as(revoked), await as(other)];
      const file = join(own.path, 'nats.conf');
      const users = accounts.ASSAY.users.filter(({ user }) => user !== busUserOf(revoked));
      const left = { ASSAY: { ...accounts.ASSAY, users } };
      const before = await readFile(file, 'utf8');
      await writeFile(file, before.replace(JSON.stringify(accounts), JSON.stringify(left)));
      const cut = gone.closed();
      process.kill(nats.pid, 'SIGHUP');
      await within('the end of the connection', cut);
      await expect(as(revoked)).rejects.toThrow(/[Aa]uthorization/);
      await stays.flush();
      expect(stays.isClosed()).toBe(false);
      await stays.close();
    } finally {
      await nats.stop();
      await own.remove();
    }
  });
});

describe("a flood by one validator's credential on its own observations", () => {
  const flood = 4_600;

  it("leaves the others' observations in place", async () => {
    const as = (identity: BusIdentity) => {
      const user = busUserOf(identity);
      return connect({ servers: server.url, user, pass: passwordOf(user), inboxPrefix: inboxPrefixOf(identity) });
    };
    const [flooder, admin] = [await as(validator(mine, 'checksum')), await as({ kind: 'provisioner' })];
    const subject = subjects.observation(`0x${'0a'.repeat(32)}`, 'checksum', theirs);
    await (await busOf(validator(theirs, 'checksum'))).publish(subject, text('theirs'));
    const own = (number: number) => {
      const id = number.toString(16).padStart(64, '0');
      return subjects.observation(`0x${id}`, 'checksum', mine);
    };
    // What fits the stream's limit, and what a message of the bus may have at most.
    const largest = new Uint8Array(limits.observationBytesMax + 12 * 1024);
    for (let number = 0; number < flood; number++) flooder.publish(own(number), largest);
    // The answer comes behind those to the whole flood.
    const refused = await flooder.request(own(flood), new Uint8Array(limits.messageBytesMax), { timeout: 30_000 });
    expect(refused.json()).toMatchObject({ error: { description: expect.stringContaining('message size exceeds') } });
    const info = await admin.request('$JS.API.STREAM.INFO.OBSERVATIONS', undefined, { timeout: 30_000 });
    const { state } = info.json<{ state: { messages: number } }>();
    expect(state.messages).toBeGreaterThan(flood);
    const kept = await (await busOf(validator(theirs, 'checksum'))).last('OBSERVATIONS', subject);
    expect(new TextDecoder().decode(kept?.data)).toBe('theirs');
    await Promise.all([flooder.close(), admin.close()]);
  });
});

/**
 * NATS does not check a consumer's `deliver_subject` against its creator's permissions. It delivers only where a client
 * listens, and a stream is no client: this is what a new version of the server must keep.
 */
describe('a consumer whose creator lets it deliver to the subject of another', () => {
  it.each([
    ['an observation', 'OBSERVATIONS', subjects.observation(`0x${'09'.repeat(32)}`, 'semantic', theirs)],
    ['a cosignature', 'COSIGNATURES', subjects.cosignature('9-9', theirs)],
    ['a report', 'REPORTS', subjects.report(`0x${'09'.repeat(32)}`)],
  ])('stores nothing there as %s', async (_, stream, subject) => {
    const as = (identity: BusIdentity) => {
      const user = busUserOf(identity);
      return connect({ servers: server.url, user, pass: passwordOf(user), inboxPrefix: inboxPrefixOf(identity) });
    };
    const [nc, admin] = [await as(gateway), await as({ kind: 'provisioner' })];
    await (await busOf(gateway)).publish(subjects.session(taskId), text('words'));
    const deliverTo = async (deliver_subject: string): Promise<string> => {
      const config = { deliver_subject, deliver_policy: 'all', ack_policy: 'none', replay_policy: 'instant' };
      const asked = JSON.stringify({ stream_name: 'SESSIONS', config });
      return (await nc.request('$JS.API.CONSUMER.CREATE.SESSIONS', asked)).json<{ name: string }>().name;
    };
    const elsewhere = await deliverTo(subject);
    const own = `${inboxPrefixOf(gateway)}.own`;
    const heard = Promise.withResolvers<unknown>();
    nc.subscribe(own, { callback: (_error, message) => heard.resolve(message.string()) });
    await deliverTo(own);
    expect(await heard.promise).toBe('words');
    const info = await admin.request(`$JS.API.CONSUMER.INFO.SESSIONS.${elsewhere}`);
    expect(info.json()).toMatchObject({ config: { deliver_subject: subject }, delivered: { consumer_seq: 0 } });
    const kept = await admin.request(`$JS.API.STREAM.INFO.${stream}`, JSON.stringify({ subjects_filter: subject }));
    expect(kept.json<{ state: { subjects?: unknown } }>().state.subjects).toBeUndefined();
    await Promise.all([nc.close(), admin.close()]);
  });
});
