/** The bus: the contract for both implementations, and faults that only a real server causes. */
import { MemoryBroker } from '@assay/adapters/memory/memory-bus';
import { connectNats, connectNatsBus } from '@assay/adapters/nats/bus';
import { ensureNatsStreams } from '@assay/adapters/nats/streams';
import { type ServerProcess, startNats } from '@assay/adapters/process/server-programs';
import type { Bus } from '@assay/protocol/ports';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { busContract } from './bus-contract.ts';
import { eventually, takeFrom, within } from './eventually.ts';
import { temporaryFolder } from './temporary-folder.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const slow = 60_000;

describe('in memory', () => {
  const broker = new MemoryBroker();
  const bus = broker.connect();
  busContract(() => ({ bus, another: async () => broker.connect() }));
});

describe('on NATS', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: ServerProcess;
  let bus: Bus;

  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startNats({ dir: folder.path });
    await Promise.all(Array.from({ length: 8 }, () => ensureNatsStreams({ servers: server.url })));
    await ensureNatsStreams({ servers: server.url });
    bus = (await connectNats({ servers: server.url, name: 'test' })).bus;
  }, slow);

  afterAll(async () => {
    await bus.close();
    await server.stop();
    await folder.remove();
  }, slow);

  busContract(() => ({ bus, another: () => connectNatsBus({ servers: server.url, name: 'another' }) }));

  it('lets no credential fill a stream of small messages with large ones: the server refuses them', async () => {
    const nc = await connect({ servers: server.url });
    const js = jetstream(nc);
    const token = Date.now();
    for (const small of ['observations.a.checksum.b', 'pledges.a.checksum.b', 'cosignatures.1-1.b', 'sessions.a']) {
      const subject = `assay.v1.${small}${token}`;
      const publishing = js.publish(subject, new Uint8Array(32 * 1024));
      await expect(publishing, subject).rejects.toThrow(/message size exceeds maximum/);
    }
    await nc.close();
  });

  it('names the address that did not respond', async () => {
    await expect(
      connectNatsBus({ servers: 'nats://127.0.0.1:1', name: 'lost', connectTimeoutMs: 300 }),
    ).rejects.toThrow(/127\.0\.0\.1:1 did not answer within 300 ms/);
  });

  it('follows without gap or repeat while the server is killed twice', { timeout: slow }, async () => {
    const prefix = 'assay.v1.audit.killed';
    const total = 300;
    const stop = new AbortController();
    const following = takeFrom(
      'followed messages',
      bus.follow('AUDIT', { filterSubject: `${prefix}.*` }, stop.signal),
      total,
      slow,
    );
    const publishing = (async () => {
      for (let index = 0; index < total; index++)
        await bus.publish(`${prefix}.${index}`, encode('x'), { messageId: `killed${index}` });
    })();
    for (const at of [80, 160]) {
      await eventually(`message ${at}`, () => bus.last('AUDIT', `${prefix}.${at}`), slow);
      await server.kill();
      await server.restart();
    }
    await within('all to be published', publishing, slow);
    const followed = await following;
    stop.abort();
    expect(followed.map(({ subject }) => subject)).toEqual(
      Array.from({ length: total }, (_, index) => `${prefix}.${index}`),
    );
    expect(
      followed.every(({ sequence }, index) => index === 0 || sequence > (followed[index - 1]?.sequence ?? 0)),
    ).toBe(true);
  });

  it('loses no work while the server is killed, and is ready again', { timeout: slow }, async () => {
    const prefix = 'assay.v1.audit.worked';
    const total = 200;
    const stop = new AbortController();
    const done = new Set<string>();
    const worker = (async () => {
      for await (const delivery of bus.work(
        { stream: 'AUDIT', durable: 'worked', filterSubject: `${prefix}.*`, concurrency: 8 },
        stop.signal,
      )) {
        done.add(delivery.subject);
        void delivery.ack().catch((error: unknown) => expect(String(error)).toMatch(/Acknowledging/));
      }
    })();
    for (let index = 0; index < total / 2; index++) await bus.publish(`${prefix}.${index}`, encode('x'));
    await server.kill();
    await eventually('the bus to notice', () => !bus.isReady());
    await server.restart();
    await eventually('the bus to be ready', () => bus.isReady());
    for (let index = total / 2; index < total; index++) await bus.publish(`${prefix}.${index}`, encode('x'));
    await eventually('all to be worked on', () => done.size === total, slow);
    stop.abort();
    await within('the worker to end', worker);
  });

  it('publishes once, although the server was down at the time', { timeout: slow }, async () => {
    const subject = 'assay.v1.audit.away';
    await server.kill();
    const publishing = bus.publish(subject, encode('x'), { messageId: 'away' });
    await server.restart();
    expect((await within('the confirmation', publishing, slow)).status).toMatch(/stored|duplicate/);
    const first = await bus.next('AUDIT', subject, 0);
    expect(first).toBeDefined();
    expect(await bus.next('AUDIT', subject, first?.sequence ?? 0)).toBeUndefined();
  });

  it('closes in bounded time while the server is down', { timeout: slow }, async () => {
    const other = await connectNatsBus({ servers: server.url, name: 'left' });
    await server.kill();
    await within('the close', other.close(), 10_000);
    await server.restart();
    await eventually('the bus to be ready', () => bus.isReady());
  });
});
