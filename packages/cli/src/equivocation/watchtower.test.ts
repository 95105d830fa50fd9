import { MemoryBroker } from '@assay/adapters/memory/memory-bus';
import { MemoryLedger } from '@assay/adapters/memory/memory-chain';
import { systemClock } from '@assay/adapters/process/system-clock';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import {
  type Example,
  exampleNetwork,
  exampleObservation,
  examplePolicy,
  exampleTask,
} from '@assay/protocol/network/example-network';
import type { Observation } from '@assay/protocol/observation/observation';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Bus } from '@assay/protocol/ports';
import { encodeTaskMessage } from '@assay/protocol/task/task-message';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runWatchtower, type Watchtower, type WatchtowerEvent } from './watchtower.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const operator = example.network.members[0]?.operator ?? '0x';
const costMax = 1_000n;
const paid = 400n;

/** An observation of the first operator; its second submission has this score. */
const observed = (score: number, { of = example, by = 0, on = task } = {}): Observation =>
  exampleObservation(of, on, 'embedding', by, [
    { score: 9_000, flags: 0 },
    { score, flags: 0 },
  ]);

/** A slashing contract that takes every report and notes it; `failures` calls find no chain first. */
function contract(failures = 0): NonNullable<Watchtower['slashing']> & { readonly reported: Hex[] } {
  const reported: Hex[] = [];
  let left = failures;
  const unused = () => Promise.reject(new Error('The watchtower does not ask that.'));
  return {
    reported,
    place: unused,
    execute: unused,
    caseOf: async () => ({ standing: 'none', reporter: operator, executableFrom: 0 }),
    reportCostMax: async () => costMax,
    report: async (evidence) => {
      if (left-- > 0) throw new Error('The chain did not answer.');
      reported.push(evidence);
      return { status: 'reported', caseId: '0x01', executableFrom: 1, transactionHash: '0x02', paid };
    },
  };
}

let bus: Bus;
let ledger: MemoryLedger;
let stop: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  bus = new MemoryBroker().connect();
  ledger = new MemoryLedger(example.network);
  stop = new AbortController();
  running = Promise.resolve();
  for (const one of [task, exampleTask({ reference: 'another' }).task])
    await bus.publish(subjects.task(one.taskId), encodeTaskMessage(one));
});

afterEach(async () => {
  stop.abort();
  await running;
});

async function publish(...observations: readonly Observation[]): Promise<void> {
  for (const one of observations)
    await bus.publish(subjects.observation(one.taskId, one.role, operator), encodeMessage(one));
}

/** Starts a watchtower; `heard` resolves with its first event of a kind. */
function watch(options: Partial<Watchtower> = {}) {
  const events: WatchtowerEvent[] = [];
  const waiting: (() => void)[] = [];
  const tell = (event: WatchtowerEvent) => {
    events.push(event);
    for (const wake of waiting.splice(0)) wake();
  };
  const clock = { ...systemClock, sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(1, signal) };
  const ports = { bus, chain: ledger.chain(), policies: async () => [[examplePolicy]], clock };
  running = runWatchtower({ ...ports, slashing: undefined, spendMax: 10n ** 18n, tell, ...options }, stop.signal);
  return {
    events,
    heard: async <K extends WatchtowerEvent['kind']>(kind: K, nth = 1) => {
      const found = () => events.filter((event): event is WatchtowerEvent & { kind: K } => event.kind === kind);
      while (found().length < nth) await new Promise<void>((resolve) => waiting.push(resolve));
      return found()[nth - 1];
    },
  };
}

describe('a watchtower', () => {
  it('reports an equivocation by itself, once, whatever the operator publishes afterwards', async () => {
    const slashing = contract();
    const { heard, events } = watch({ slashing });
    await publish(observed(9_000), observed(8_980), observed(1_000), observed(500));
    const event = await heard('report');
    expect(event?.report).toMatchObject({ status: 'reported', epoch: example.network.epoch, paid: String(paid) });
    expect(event?.spent).toBe(paid);
    await publish(observed(9_000, { on: exampleTask({ reference: 'another' }).task }));
    await publish(observed(100, { on: exampleTask({ reference: 'another' }).task }));
    await heard('report', 2);
    expect(slashing.reported).toHaveLength(2);
    expect(events.map(({ kind }) => kind)).toEqual(['found', 'report', 'found', 'report']);
  });

  it('takes no repeat and no drift within the tolerance for one, and finds two that drifted apart', async () => {
    const { heard, events } = watch();
    await publish(observed(6_030), observed(6_030), observed(5_990));
    expect(events).toEqual([]);
    await publish(observed(5_960));
    expect((await heard('found'))?.found.equivocation.sequences).toEqual([1, 4]);
  });

  it('is misled by nothing that the operator did not sign', async () => {
    const forged = { ...observed(9_000), signature: observed(9_000, { by: 1 }).signature };
    const { heard, events } = watch();
    await publish(forged, observed(1_000), { ...observed(8_000), signature: forged.signature }, forged);
    await publish(observed(9_000));
    expect((await heard('found'))?.found.equivocation.sequences).toEqual([2, 5]);
    expect(events).toHaveLength(1);
  });

  it('sends nothing that may cost more than is left of its bound', async () => {
    const slashing = contract();
    const { heard } = watch({ slashing, spendMax: costMax });
    const another = exampleTask({ reference: 'another' }).task;
    await publish(observed(9_000), observed(1_000));
    await publish(observed(9_000, { on: another }), observed(1_000, { on: another }));
    expect(await heard('over-bound')).toMatchObject({ costMax, spent: paid });
    expect(slashing.reported).toHaveLength(1);
  });

  it('asks a chain again that did not answer, and counts what it may have sent', async () => {
    const slashing = contract(2);
    const { heard } = watch({ slashing });
    await publish(observed(9_000), observed(1_000));
    expect((await heard('report'))?.spent).toBe(2n * costMax + paid);
    expect(slashing.reported).toHaveLength(1);
  });

  it('follows into the next epoch, and says when that one has other policies', async () => {
    const next: Example = { ...example, network: { ...example.network, epoch: example.network.epoch + 1 } };
    const { heard } = watch();
    ledger.startEpoch(next.network);
    await publish(observed(9_000, { of: next }), observed(1_000, { of: next }));
    expect((await heard('found'))?.found.equivocation.epoch).toBe(next.network.epoch);
  });

  it('follows into an epoch with other policies once their file is at hand', async () => {
    const stricter = { ...examplePolicy, version: examplePolicy.version + 1 };
    const network = {
      ...example.network,
      epoch: example.network.epoch + 1,
      policiesDigest: policiesDigest([stricter]),
    };
    const of: Example = { ...example, network, policy: stricter };
    const at = exampleTask({ reference: 'later' }).task;
    let files: (readonly Policy[])[] = [[examplePolicy]];
    let nowMs = 0;
    const clock = { ...systemClock, nowMs: () => nowMs };
    const { heard } = watch({ policies: async () => files, clock });
    ledger.startEpoch(network);
    await bus.publish(subjects.task(at.taskId), encodeTaskMessage(at));
    await publish(observed(9_000, { of, on: at }));
    await heard('other-policies');
    files = [[examplePolicy], [stricter]];
    nowMs = 60_000;
    await publish(observed(8_500, { of, on: at }), observed(1_000, { of, on: at }));
    const { found } = (await heard('found')) ?? {};
    expect(found?.equivocation.epoch).toBe(network.epoch);
  });

  it('says when an epoch has other policies, and does not start with those of no epoch', async () => {
    const network = {
      ...example.network,
      epoch: example.network.epoch + 1,
      policiesDigest: `0x${'11'.repeat(32)}` as Hex,
    };
    const { heard } = watch();
    ledger.startEpoch(network);
    await publish(observed(9_000, { of: { ...example, network } }));
    expect(await heard('other-policies')).toMatchObject({ epoch: network.epoch });
    stop.abort();
    await running;
    const wrong = { bus, chain: ledger.chain(), policies: async () => [[examplePolicy]], clock: systemClock };
    const starting = runWatchtower({ ...wrong, slashing: undefined, spendMax: 0n, tell: () => undefined }, stop.signal);
    await expect(starting).rejects.toThrow(/that of no epoch in question/);
  });
});
