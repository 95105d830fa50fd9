/** Three NATS servers with TLS and permissions: one is killed, all get other passwords; nothing is lost or doubled. */
import { natsAccountsOf } from '@assay/adapters/nats/accounts';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import { provisionNats } from '@assay/adapters/nats/streams';
import { taskWork } from '@assay/protocol/bus/consumers';
import { type BusIdentity, busIdentities, busUserOf, inboxPrefixOf } from '@assay/protocol/bus/permissions';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Bus } from '@assay/protocol/ports';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../integration/eventually.ts';
import { temporaryFolder } from '../integration/temporary-folder.ts';
import { type NatsCluster, startNatsCluster } from './nats-cluster.ts';

const operator = `0x${'a1'.repeat(20)}` as Hex;
const tasks = 240;
const replicas = 2;
const patience = 120_000;
const taskIdOf = (index: number) => `0x${index.toString(16).padStart(64, '0')}` as Hex;
/** What the Secrets hold now. */
let generation = 1;
const passwordOf = (user: string) => `password-${generation}-of-${user}`;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: NatsCluster;
const buses: Bus[] = [];

const loginOf = (identity: BusIdentity) => {
  const user = busUserOf(identity);
  return { user, pass: () => passwordOf(user), inboxPrefix: inboxPrefixOf(identity), caFile: cluster.caFile };
};

async function busOf(identity: BusIdentity): Promise<Bus> {
  const bus = await connectNatsBus({ servers: cluster.urls, name: busUserOf(identity), ...loginOf(identity) });
  buses.push(bus);
  return bus;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  cluster = await startNatsCluster(folder.path, natsAccountsOf(busIdentities([operator]), passwordOf));
  const login = loginOf({ kind: 'provisioner' });
  await eventually(
    'the cluster to choose its leaders',
    async () => {
      await provisionNats({ servers: cluster.urls, ...login, replicas: 3, operators: [operator] });
      return true;
    },
    patience,
  );
}, patience);

afterAll(async () => {
  await Promise.all(buses.map((bus) => bus.close()));
  await cluster?.stop();
  await folder?.remove();
}, patience);

/** Publishes tasks from an index on, and has replicas of a validator observe each; `during` is told of each task. */
async function observeUnderLoad(first: number, during: (index: number) => Promise<void>): Promise<void> {
  const gateway = await busOf({ kind: 'gateway' });
  const aggregator = await busOf({ kind: 'aggregator', index: 0 });
  const stop = new AbortController();
  const workers = Array.from({ length: replicas }, async () => {
    const bus = await busOf({ kind: 'validator', operator, role: 'checksum' });
    for await (const delivery of bus.work({ ...taskWork(operator, 'checksum'), concurrency: 4 }, stop.signal)) {
      const taskId = `0x${delivery.subject.split('.').at(-1)}` as Hex;
      const subject = subjects.observation(taskId, 'checksum', operator);
      try {
        await bus.publish(subject, delivery.data, { messageId: subject, expectLastSubjectSequence: 0 });
        await delivery.ack();
      } catch {
        delivery.nak(200);
      }
    }
  });
  const seen: string[] = [];
  const following = (async () => {
    for await (const message of aggregator.follow('OBSERVATIONS', { fromSequence: first + 1 }, stop.signal))
      seen.push(message.subject);
  })();
  for (let index = 0; index < tasks; index++) {
    await during(index);
    const taskId = taskIdOf(first + index);
    const published = await gateway.publish(subjects.task(taskId), new TextEncoder().encode(taskId), {
      messageId: taskId,
      expectLastSubjectSequence: 0,
    });
    expect(published.status).toMatch(/stored|duplicate/);
  }
  await eventually('every task to be observed', () => new Set(seen).size === tasks, patience);
  stop.abort();
  await Promise.all([...workers, following]);
  const subjectOf = (_: unknown, index: number) => subjects.observation(taskIdOf(first + index), 'checksum', operator);
  expect([...seen].sort()).toEqual(Array.from({ length: tasks }, subjectOf).sort());
  expect(await aggregator.lastSequence('OBSERVATIONS')).toBe(first + tasks);
}

describe('a cluster of three with TLS and permissions', () => {
  it('loses and doubles nothing while one server is killed under load and restarted', {
    timeout: patience,
  }, async () => {
    await observeUnderLoad(0, async (index) => {
      if (index === tasks / 3) await cluster.servers[0]?.kill();
      if (index === (2 * tasks) / 3) await cluster.servers[0]?.restart();
    });
  });

  it('takes other passwords by a Secret and a rolling restart: nothing is lost, and no client restarts', {
    timeout: patience,
  }, async () => {
    const identity = { kind: 'validator', operator, role: 'checksum' } as const;
    const old = { ...loginOf(identity), pass: passwordOf(busUserOf(identity)) };
    await observeUnderLoad(tasks, async (index) => {
      if (index === tasks / 4) generation = 2;
      const server = [tasks / 3, tasks / 2, (2 * tasks) / 3].indexOf(index);
      if (server === -1) return;
      await cluster.restartWith(server, natsAccountsOf(busIdentities([operator]), passwordOf));
      await eventually('the streams are current again', areCurrent, patience);
    });
    await expect(connectNatsBus({ servers: cluster.urls, name: 'with the old one', ...old })).rejects.toThrow(
      'refuses',
    );
  });
});

/** True once every server has every message of the streams: the next server may restart then. */
async function areCurrent(): Promise<boolean> {
  const { caFile, pass, ...login } = loginOf({ kind: 'provisioner' });
  const nc = await connect({ servers: cluster.urls.split(','), ...login, pass: pass(), tls: { caFile } });
  try {
    const manager = await jetstreamManager(nc, { checkAPI: false });
    const states = await Promise.all(['TASKS', 'OBSERVATIONS'].map((stream) => manager.streams.info(stream)));
    return states.every(
      ({ cluster: { leader, replicas: others = [] } = {} }) =>
        leader !== undefined && others.length === 2 && others.every(({ current, offline }) => current && !offline),
    );
  } finally {
    await nc.close();
  }
}
