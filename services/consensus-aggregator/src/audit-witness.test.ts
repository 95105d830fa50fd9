import { MemoryBroker } from '@assay/adapters/memory/memory-bus';
import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import { systemClock } from '@assay/adapters/process/system-clock';
import { decodeAnchor } from '@assay/protocol/audit/anchor';
import { type AuditEntry, type AuditRecord, emptyLog, recordsBehind } from '@assay/protocol/audit/record';
import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditWitness } from './audit-witness.ts';

const entry: AuditEntry = {
  service: 'gateway',
  instance: '0',
  kind: 'refusal',
  who: 'net 192.0.2.0/24',
  what: 'POST /v1/tasks',
  result: 'malformed',
  atMs: 1,
  times: 1,
};
const clock = { ...systemClock, sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(1, signal) };
const log = recordsBehind(
  emptyLog,
  [1, 2, 3].map((atMs) => ({ ...entry, atMs })),
);
const [first, second, third] = log as [AuditRecord, AuditRecord, AuditRecord];

let broker: MemoryBroker;
let witness: AuditWitness;
let stop: AbortController;
let running: Promise<void>;
let heads: number[];
let told: () => void;

beforeEach(() => {
  broker = new MemoryBroker();
  stop = new AbortController();
  heads = [];
  told = () => undefined;
  const telemetry = memoryTelemetry();
  const gauge: typeof telemetry.gauge = (_, value) => {
    heads.push(value);
    told();
  };
  witness = new AuditWitness({ bus: broker.connect(), clock, telemetry: { ...telemetry, gauge } });
  running = Promise.resolve();
});

afterEach(async () => {
  stop.abort();
  await running;
});

const publish = (...records: readonly unknown[]) =>
  broker.connect().publish(subjects.recordsOf('gateway'), encodeMessage(records));

/** Publishes a message and waits until the witness has read it. */
async function seen(...records: readonly unknown[]): Promise<void> {
  const read = new Promise<void>((resolve) => {
    told = resolve;
  });
  await publish(...records);
  await read;
}

describe('AuditWitness', () => {
  it('states the head of the log, and begins with its last message', async () => {
    await publish(first);
    await publish(second);
    const read = new Promise<void>((resolve) => {
      told = resolve;
    });
    running = witness.run(stop.signal);
    await read;
    await seen(third);
    expect(heads).toEqual([2, 3]);
    expect(decodeAnchor(witness.bytes() ?? '0x')).toEqual({ number: 3, digest: third.digest });
  });

  it('states nothing before there is a record', () => {
    running = witness.run(stop.signal);
    expect(witness.bytes()).toBeUndefined();
  });

  it.each([
    ['a record that continues another log', recordsBehind({ ...first, digest: second.digest }, [entry])],
    ['a record that was changed', [{ ...second, who: 'key 0123456789abcdef' }]],
    ['a record that leaves one out', [third]],
    ['no record', [{}]],
  ])('states nothing any more, for good, after %s', async (_, records) => {
    running = witness.run(stop.signal);
    await seen(first);
    expect(witness.bytes()).toBeDefined();
    await seen(...records);
    expect(witness.bytes()).toBeUndefined();
    await publish(second, third);
    await running;
    expect(witness.bytes()).toBeUndefined();
    expect(heads).toEqual([1, 0]);
  });
});
