import { memoryBus } from '@assay/adapters/memory/memory-bus';
import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import {
  exampleCertifiedReport,
  exampleNetwork,
  exampleObservations,
  exampleTask,
} from '@assay/protocol/network/example-network';
import type { Bus, BusMessage } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { describe, expect, it } from 'vitest';
import { KeyBook } from '../access/key-book.ts';
import { deliver, noteDeliveries } from './deliver.ts';
import { HookBook } from './hook-book.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const report = exampleCertifiedReport(example, [{ task, observations: exampleObservations(example, task) }]);
const url = 'https://receiver.example/secret-path';

/** Lets followers take what the memory bus holds. */
async function settled() {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

/** A gateway with a key whose task is certified, and a webhook of that key, which answers as the test says. */
async function gateway(answer: () => Promise<number>, bus: Bus = memoryBus(), macKey = 'a secret of all gateways') {
  let nowMs = 1_000;
  const clock = { nowMs: () => nowMs, sleep: async () => undefined };
  const telemetry = memoryTelemetry();
  const stop = new AbortController();
  let bytes = 0;
  const random = (count: number) => Buffer.alloc(count, ++bytes);
  const common = { bus, clock, log: telemetry.log, random, macKey };
  const keys = new KeyBook({ ...common, adminToken: undefined });
  const hooks = new HookBook({ ...common, whyNotTo: () => undefined });
  void keys.run(stop.signal);
  void hooks.run(stop.signal);
  await settled();
  const posted: string[] = [];
  const post = async (to: string) => {
    posted.push(to);
    return answer();
  };
  const sign = () => ({ 'webhook-signature': 'v1,…' });
  const parts = { bus, clock, telemetry, keys, hooks, post, sign };
  return { parts, posted, stop, wait: (ms: number) => (nowMs += ms) };
}
type Parts = Awaited<ReturnType<typeof gateway>>['parts'];

/** A key with a webhook, its task, and the message that the webhook is to be told of it. */
async function noted({ bus, keys, hooks, ...rest }: Parts): Promise<BusMessage> {
  const created = await keys.create({ owner: 'an app', scopes: ['submit'] });
  if (!created.ok) throw new Error(created.refusal.detail);
  const { key } = created.value;
  const hook = await hooks.create(key.id, url);
  if (!hook.ok) throw new Error(hook.refusal.detail);
  const headers = { 'assay-submitter': keys.sealSubmitter(key, task.taskId) };
  await bus.publish(subjects.task(task.taskId), encodeMessage(task), { headers });
  await bus.publish(subjects.report(task.taskId), encodeMessage(report));
  const published = await bus.last('REPORTS', subjects.report(task.taskId));
  if (published === undefined) throw new Error('The report is published.');
  const message = { ...published, timestampMs: 1_000 };
  const parts = { bus, keys, hooks, ...rest };
  expect(await noteDeliveries(parts, message)).toMatchObject({ kind: 'accept' });
  // A report that comes again is noted once.
  await noteDeliveries(parts, message);
  expect(await bus.lastSequence('DELIVERIES')).toBe(1);
  const delivery = await bus.last('DELIVERIES', subjects.delivery(task.taskId, hook.value.webhook.id));
  if (delivery === undefined) throw new Error('The delivery is noted.');
  return { ...delivery, timestampMs: 1_000 };
}

describe('a delivery', () => {
  it('that fails comes again later and later, and is given up after a day', async () => {
    const { parts, posted, wait } = await gateway(() => Promise.reject(new Error('connection refused')));
    const message = await noted(parts);
    const pauseMs = async () =>
      deliver(parts, new Map(), message).then(
        () => undefined,
        (error: unknown) => Reflect.get(Object(error), 'delayMs'),
      );
    expect(await pauseMs()).toBe(tuning.webhookPauseMsMin);
    wait(60_000);
    expect(await pauseMs()).toBe(30_000);
    wait(10 * 3_600_000);
    expect(await pauseMs()).toBe(tuning.webhookPauseMsMax);
    wait(tuning.webhookAgeMs);
    const outcome = await deliver(parts, new Map(), message);
    expect(outcome).toEqual({ kind: 'ignore', code: 'webhook-given-up' });
    expect(posted).toEqual([url, url, url, url]);
  });

  it('waits for a place while its webhook is told as often as it may at once', async () => {
    const { parts, posted } = await gateway(async () => 204);
    const message = await noted(parts);
    const webhookId = message.subject.split('.').at(-1) ?? '';
    const busy = deliver(parts, new Map([[webhookId, tuning.webhookAtOnce]]), message);
    await expect(busy).rejects.toMatchObject({ code: 'webhook-busy' });
    expect(posted).toEqual([]);
    const underWay = new Map<string, number>();
    expect(await deliver(parts, underWay, message)).toMatchObject({ code: 'webhook-told' });
    expect(underWay.size).toBe(0);
  });

  it('is left out for a revoked key, and for a webhook that is gone', async () => {
    const { parts, posted } = await gateway(async () => 204);
    const message = await noted(parts);
    const [key] = parts.keys.list(1);
    await parts.keys.revoke(key?.id ?? '');
    expect(await deliver(parts, new Map(), message)).toEqual({ kind: 'ignore', code: 'webhook-gone' });
    expect(posted).toEqual([]);
  });
});

describe('the book of webhooks', () => {
  it('believes no record of another secret, and takes none that was moved to another key', async () => {
    const bus = memoryBus();
    const { parts } = await gateway(async () => 204, bus);
    await noted(parts);
    const [key] = parts.keys.list(1);
    const record = await bus.last('HOOKS', subjects.hooks(key?.id ?? ''));
    const moved = 'f'.repeat(16);
    await bus.publish(subjects.hooks(moved), record?.data ?? new Uint8Array());
    const same = await gateway(async () => 204, bus);
    expect([same.parts.hooks.of(key?.id ?? '').length, same.parts.hooks.of(moved).length]).toEqual([1, 0]);
    const other = await gateway(async () => 204, bus, 'another secret');
    expect(other.parts.hooks.isEmpty).toBe(true);
    expect(other.parts.hooks.isCurrent).toBe(true);
  });

  it('makes a secret that follows from the gateways’ and the webhook alone', async () => {
    const bus = memoryBus();
    const [one, two] = [await gateway(async () => 204, bus), await gateway(async () => 204, bus)];
    const secrets = [one, two].map(({ parts }) => parts.hooks.secretOf({ id: '0123456789abcdef' }));
    expect(secrets[0]).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(secrets[1]).toBe(secrets[0]);
    expect(one.parts.hooks.secretOf({ id: '0123456789abcdee' })).not.toBe(secrets[0]);
  });
});
