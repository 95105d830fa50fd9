import { MemoryBroker } from '@assay/adapters/memory/memory-bus';
import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import { ChainCheck } from '@assay/protocol/audit/chain-check';
import { type AuditRecord, auditPageSchema } from '@assay/protocol/audit/record';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Bus, Clock } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { type AuditNote, AuditWriter } from '@assay/runtime/audit/audit-log';
import { describe, expect, it } from 'vitest';

const refusal: AuditNote = { kind: 'refusal', who: 'net 192.0.2.0/24', what: 'GET /v1/keys', result: 'out-of-scope' };
const act: AuditNote = { kind: 'admin', who: 'key 0123456789abcdef', what: 'POST /v1/keys', result: 'begun' };

/** A clock whose sleeps end when the test says so. */
function handClock() {
  let nowMs = 1_000;
  const sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();
  const clock: Clock = {
    nowMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const wake = () => {
          sleepers.delete(sleeper);
          resolve();
        };
        const sleeper = { untilMs: nowMs + ms, wake };
        if (signal?.aborted === true) return resolve();
        sleepers.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      }),
  };
  const pass = async (ms: number) => {
    nowMs += ms;
    for (const one of sleepers) if (one.untilMs <= nowMs) one.wake();
    await settled();
  };
  return { clock, pass };
}

async function settled() {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

async function writerOn(
  broker: MemoryBroker,
  instance: string,
  { clock }: { clock: Clock },
  bus: Bus = broker.connect(),
) {
  const telemetry = memoryTelemetry();
  const writer = new AuditWriter({ bus, clock, telemetry, service: 'gateway', instance });
  const stop = new AbortController();
  const running = writer.run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  await settled();
  return { writer, end };
}

async function recordsOn(broker: MemoryBroker): Promise<AuditRecord[]> {
  const bus = broker.connect();
  const records: AuditRecord[] = [];
  for (let after = 0; ; ) {
    const message = await bus.next('RECORDS', subjects.records, after);
    if (message === undefined) return records;
    records.push(...auditPageSchema.parse(JSON.parse(new TextDecoder().decode(message.data))));
    after = message.sequence;
  }
}

function checked(records: readonly AuditRecord[]) {
  const chain = new ChainCheck([], 1);
  for (const record of records) chain.take(record);
  return chain.end();
}

describe('writers of the audit log', () => {
  it('append to one chain, however many write at once', async () => {
    const broker = new MemoryBroker();
    const hand = handClock();
    const writers = await Promise.all(['0', '1', '2'].map((name) => writerOn(broker, name, hand)));
    await Promise.all(
      writers.flatMap(({ writer }) => Array.from({ length: 20 }, (_, on) => writer.record({ ...act, on: `${on}` }))),
    );
    await Promise.all(writers.map(({ end }) => end()));
    const records = await recordsOn(broker);
    expect(checked(records)).toMatchObject({ last: 60, broken: undefined });
    for (const instance of ['0', '1', '2'])
      expect(records.filter((one) => one.instance === instance).map(({ on }) => on)).toEqual(
        Array.from({ length: 20 }, (_, on) => `${on}`),
      );
  });

  it('go on behind the last record after a restart', async () => {
    const broker = new MemoryBroker();
    for (let life = 0; life < 3; life++) {
      const { writer, end } = await writerOn(broker, '0', handClock());
      await writer.record(act);
      await end();
    }
    expect(checked(await recordsOn(broker))).toMatchObject({ last: 3, broken: undefined });
  });

  it('make one record of equal refusals, and say how many there were', async () => {
    const broker = new MemoryBroker();
    const hand = handClock();
    const { writer, end } = await writerOn(broker, '0', hand);
    for (let count = 0; count < 500; count++) writer.note(refusal);
    writer.note({ ...refusal, result: 'unauthenticated' });
    expect(await recordsOn(broker)).toEqual([]);
    await hand.pass(tuning.auditGatherMs);
    await end();
    const told = (await recordsOn(broker)).map(({ result, times }) => [result, times]);
    expect(told).toEqual([
      ['out-of-scope', 500],
      ['unauthenticated', 1],
    ]);
  });

  it('count a refusal that comes while an equal one is being written', async () => {
    const broker = new MemoryBroker();
    const hand = handClock();
    const bus = broker.connect();
    const gate = Promise.withResolvers<void>();
    let isWriting = false;
    const slow: Bus = {
      ...bus,
      publish: async (...given) => {
        isWriting = true;
        await gate.promise;
        return bus.publish(...given);
      },
    };
    const { writer, end } = await writerOn(broker, '0', hand, slow);
    writer.note(refusal);
    await settled();
    await hand.pass(tuning.auditGatherMs);
    expect(isWriting).toBe(true);
    writer.note(refusal);
    writer.note(refusal);
    gate.resolve();
    await settled();
    await hand.pass(tuning.auditGatherMs);
    await end();
    expect((await recordsOn(broker)).map(({ times }) => times)).toEqual([1, 2]);
  });

  it('count the refusals that come faster than they are written, and leave out no admin act', async () => {
    const broker = new MemoryBroker();
    const hand = handClock();
    const { writer, end } = await writerOn(broker, '0', hand);
    for (let on = 0; on < 1_000; on++) writer.note({ ...refusal, on: `${on}` });
    await writer.record(act);
    await hand.pass(1_000);
    await end();
    const records = await recordsOn(broker);
    expect(records.filter(({ kind }) => kind === 'refusal')).toHaveLength(tuning.auditRefusalsBurst);
    expect(records.reduce((sum, { leftOut = 0 }) => sum + leftOut, 0)).toBe(1_000 - tuning.auditRefusalsBurst);
    expect(records.filter(({ kind }) => kind === 'admin')).toHaveLength(1);
    expect(checked(records).broken).toBeUndefined();
  });

  it('let no act happen while the bus is away, keep a bounded number of notes, and write them later', async () => {
    const broker = new MemoryBroker();
    const hand = handClock();
    const bus = broker.connect();
    let isAway = true;
    const flaky: Bus = {
      ...bus,
      publish: async (...given) => {
        if (isAway) throw new Error('The bus is away.');
        return bus.publish(...given);
      },
    };
    const { writer, end } = await writerOn(broker, '0', hand, flaky);
    const refused = expect(writer.record(act)).rejects.toThrow('took no record within');
    await settled();
    await hand.pass(tuning.auditRecordMsMax);
    await refused;
    for (let on = 0; on < 3 * tuning.auditWaitingMax; on++) writer.note({ ...act, on: `${on}` });
    await expect(writer.record(act)).rejects.toThrow('Too many records wait');
    isAway = false;
    for (let turn = 0; turn < 100; turn++) await hand.pass(tuning.retryDelayMs);
    await end();
    const records = await recordsOn(broker);
    expect(records.filter(({ on }) => on !== undefined)).toHaveLength(tuning.auditWaitingMax);
    expect(checked(records).broken).toBeUndefined();
    const told = await writerOn(broker, '0', hand);
    await told.writer.record(act);
    await told.end();
  });

  it('go on behind a message that holds no records, which a check then names', async () => {
    const broker = new MemoryBroker();
    const hand = handClock();
    const first = await writerOn(broker, '0', hand);
    await first.writer.record(act);
    await first.end();
    await broker.connect().publish(subjects.recordsOf('router'), new TextEncoder().encode('forged'));
    const second = await writerOn(broker, '1', hand);
    await second.writer.record(act);
    await second.end();
    expect(await broker.connect().lastSequence('RECORDS')).toBe(3);
  });
});
