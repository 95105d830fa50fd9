import { ChainUnreachable } from '@assay/protocol/network/chain-unreachable';
import { type EpochStart, takesFromMs } from '@assay/protocol/network/epochs';
import { exampleNetwork } from '@assay/protocol/network/example-network';
import { configDigest, loadNetwork, type Network } from '@assay/protocol/network/validator-set';
import { describe, expect, it } from 'vitest';
import { heardTelemetry } from '../validator/ports.fixture.ts';
import { Epochs } from './epochs.ts';

const { network, policy } = exampleNetwork();
const policies = new Map([[policy.name, policy]]);
const graceMs = 10_000;

/** A chain whose epochs the test starts, on a clock that it sets. */
function world() {
  const starts = new Map<number, EpochStart>([[1, { epoch: 1, startedAtMs: 0, graceMs }]]);
  const missing = new Set<number>();
  const clock = { now: 0, nowMs: () => clock.now, sleep: async () => undefined };
  const of = (epoch = Math.max(...starts.keys())) => starts.get(epoch) ?? { epoch, startedAtMs: 0, graceMs };
  const weights = new Map<number, bigint>();
  const networkOf = ({ epoch }: EpochStart) => {
    const weight = weights.get(epoch) ?? 1n;
    return loadNetwork({ ...network, epoch, members: network.members.map((member) => ({ ...member, weight })) });
  };
  const chain = {
    epochStart: async (epoch?: number) => ({ ...of(epoch), configDigest: configDigest(networkOf(of(epoch))) }),
    network: async (epoch?: number) => networkOf(of(epoch)),
  };
  const viewOf = (one: Network) => {
    if (missing.has(one.epoch)) throw new Error(`There is no policy file for epoch ${one.epoch}.`);
    return { network: one, policies };
  };
  const telemetry = heardTelemetry();
  const told: (string | number)[][] = [];
  const gauge = (metric: string, value: number) => void told.push([metric, value]);
  const read = () => Epochs.read({ chain, clock, telemetry: { log: telemetry.log, gauge }, viewOf });
  return {
    clock,
    missing,
    telemetry,
    told,
    read,
    chain,
    startEpoch: (epoch: number, startedAtMs: number, weight = 1n) => {
      starts.set(epoch, { epoch, startedAtMs, graceMs });
      weights.set(epoch, weight);
    },
  };
}

/** What is known of an epoch, in a word. */
function wordOf(known: ReturnType<Epochs['of']>): string | number {
  return typeof known === 'string' ? known : known.network.epoch;
}

describe('the epochs of a service', () => {
  it('tell the newest one that it has the policies of, so that one that is behind is seen', async () => {
    const { read, startEpoch, missing, told } = world();
    const epochs = await read();
    missing.add(2);
    startEpoch(2, 100_000);
    await epochs.refresh();
    expect(told.at(-1)).toEqual(['assay_epoch', 1]);
    missing.delete(2);
    await epochs.refresh();
    expect(told.at(-1)).toEqual(['assay_epoch', 2]);
  });

  it('follow the chain without a restart, and take tasks by their server time', async () => {
    const { clock, read, startEpoch } = world();
    const epochs = await read();
    expect(wordOf(epochs.of(2))).toBe('unknown');
    const changes: number[] = [];
    epochs.onChange(() => changes.push(epochs.views().length));
    startEpoch(2, 100_000);
    clock.now = 100_000;
    await epochs.refresh();
    expect(changes).toEqual([2]);
    expect(wordOf(epochs.at(104_999))).toBe(1);
    expect(wordOf(epochs.at(105_000))).toBe(2);
    expect(epochs.current().network.epoch).toBe(1);
    expect(epochs.leftOver(1)?.untilMs).toBe(105_000);
    clock.now = 105_000;
    expect(epochs.current().network.epoch).toBe(2);
    expect([1, 2, 3].map((epoch) => wordOf(epochs.of(epoch)))).toEqual([1, 2, 'unknown']);
  });

  it('end when the hub stops accepting their certificates', async () => {
    const { clock, read, startEpoch } = world();
    const epochs = await read();
    startEpoch(2, 100_000);
    clock.now = 109_999;
    await epochs.refresh();
    expect(wordOf(epochs.of(1))).toBe(1);
    clock.now = 110_000;
    expect(wordOf(epochs.of(1))).toBe('over');
    expect(wordOf(epochs.at(0))).toBe('over');
    expect(epochs.views().map((view) => view.network.epoch)).toEqual([2]);
  });

  it('include the one before for a service that starts while its certificates count', async () => {
    const { clock, read, startEpoch } = world();
    startEpoch(2, 100_000);
    clock.now = 101_000;
    expect((await read()).views().map((view) => view.network.epoch)).toEqual([1, 2]);
    clock.now = 110_000;
    expect((await read()).views().map((view) => view.network.epoch)).toEqual([2]);
  });

  it('wait for the policies of an epoch, and find them once they are there', async () => {
    const { clock, read, startEpoch, missing, telemetry } = world();
    missing.add(2);
    const epochs = await read();
    startEpoch(2, 100_000);
    clock.now = 104_000;
    await epochs.refresh();
    await epochs.refresh();
    expect(wordOf(epochs.at(105_000))).toBe('not-ready');
    expect(epochs.notReady()).toEqual([2]);
    expect(telemetry.logged.filter((line) => line.includes('policies of an epoch are missing'))).toHaveLength(1);
    missing.delete(2);
    await epochs.refresh();
    expect(wordOf(epochs.at(105_000))).toBe(2);
    expect(epochs.notReady()).toEqual([]);
  });

  it('say of each epoch but the first what it took over, also of one that was over before the service started', async () => {
    const { clock, read, startEpoch } = world();
    for (const [epoch, startedAtMs] of [
      [2, 100_000],
      [3, 200_000],
      [4, 300_000],
    ] as const)
      startEpoch(epoch, startedAtMs);
    clock.now = 301_000;
    const epochs = await read();
    expect(epochs.views().map((view) => view.network.epoch)).toEqual([3, 4]);
    expect([2, 3, 4].map((epoch) => epochs.viewOf(epoch)?.takesOver?.endedMs)).toEqual([110_000, 210_000, 310_000]);
  });

  it('do not start a service without the policies of the epoch that takes tasks', async () => {
    const { clock, read, startEpoch, missing } = world();
    missing.add(2);
    startEpoch(2, 100_000);
    clock.now = 104_999;
    expect((await read()).current().network.epoch).toBe(1);
    clock.now = 105_000;
    await expect(read()).rejects.toThrow('no policy file for epoch 2');
  });

  it('move with a reorganisation that moves the start, and keep their views otherwise', async () => {
    const { clock, read, startEpoch } = world();
    const epochs = await read();
    const first = epochs.of(1);
    startEpoch(2, 100_000);
    clock.now = 100_500;
    await epochs.refresh();
    startEpoch(2, 101_000);
    await epochs.refresh();
    expect(epochs.leftOver(1)?.untilMs).toBe(takesFromMs({ epoch: 2, startedAtMs: 101_000, graceMs }));
    expect(epochs.of(1)).toBe(first);
  });

  it('have the set of a reorganised chain that starts the epoch in the same second with other weights', async () => {
    const { clock, read, startEpoch } = world();
    const epochs = await read();
    startEpoch(2, 100_000);
    clock.now = 100_500;
    await epochs.refresh();
    startEpoch(2, 100_000, 7n);
    await epochs.refresh();
    const now = epochs.of(2);
    expect(typeof now === 'object' && now.network.members.map(({ weight }) => weight)).toEqual([7n, 7n, 7n, 7n]);
  });

  it('are asked for again where start and set are of two states of the chain', async () => {
    const { chain, clock, read, startEpoch } = world();
    const epochs = await read();
    startEpoch(2, 100_000);
    clock.now = 100_500;
    const late = await chain.network(2);
    startEpoch(2, 100_000, 7n);
    const { network } = chain;
    chain.network = async () => late;
    await expect(epochs.refresh()).rejects.toThrow('two sets of epoch 2');
    expect(wordOf(epochs.of(2))).toBe('unknown');
    chain.network = network;
    await epochs.refresh();
    expect(wordOf(epochs.of(2))).toBe(2);
  });

  it('are asked for again where one RPC knows of an epoch and the next one does not yet', async () => {
    const { chain, clock, read, startEpoch } = world();
    const epochs = await read();
    startEpoch(2, 100_000);
    clock.now = 100_500;
    const { network } = chain;
    chain.network = () => Promise.reject(new RangeError('Epoch 2 has not started.'));
    await expect(epochs.refresh()).rejects.toBeInstanceOf(ChainUnreachable);
    chain.network = network;
    await epochs.refresh();
    expect(wordOf(epochs.of(2))).toBe(2);
  });
});
