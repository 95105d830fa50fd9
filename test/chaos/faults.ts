/** The faults of a chaos run by kind, each with its own cleanup. */
import { setTimeout as pause } from 'node:timers/promises';
import { away, type Fault, type FaultyRpc, fair, rpc, type Weather } from '../chain/faulty-rpc.ts';
import { overwriteRedis } from '../e2e/redis-garbage.ts';
import type { SeededRandom } from '../sim/seeded-random.ts';
import type { ChaosNetwork, Restartable } from './chaos-network.ts';
import { epochFaults } from './epoch-faults.ts';
import { alone, type Inject, isBusy, spellMs } from './fault.ts';
import { floods } from './floods.ts';

const fundsWei = '0x21e19e0c9bab2400000';

const rpcFaults: Readonly<Record<string, (random: SeededRandom) => Weather>> = {
  'rpc away': () => away,
  'rpc rate limit 429': () => () => ({ kind: 'too-many', retryAfterSeconds: 1 }),
  'rpc rate limit -32005': () => () => ({ kind: 'error', code: -32_005, message: 'limit exceeded' }),
  'rpc lags': (random) => {
    const blocks = random.integer(2, 20);
    return () => ({ kind: 'lagging', blocks });
  },
  'rpc slow': (random) => {
    const ms = random.integer(50, 1_500);
    return () => ({ kind: 'late', ms });
  },
  'rpc breaks now and then': (random) => some(random, 0.3, { kind: 'broken' }),
  'rpc loses answers': (random) => some(random, 0.3, { kind: 'broken', after: true }),
  'rpc swallows transactions': (random) => (call) =>
    call.method === 'eth_sendRawTransaction' ? { kind: 'swallowed', hash: hashFrom(random) } : undefined,
  'rpc refuses transactions': () => (call) =>
    call.method === 'eth_sendRawTransaction'
      ? { kind: 'error', code: -32_000, message: 'transaction underpriced' }
      : undefined,
};

const some =
  (random: SeededRandom, probability: number, fault: Fault): Weather =>
  () =>
    random.chance(probability) ? fault : undefined;
const hashFrom = (random: SeededRandom): string => `0x${Buffer.from(random.bytes(32)).toString('hex')}`;

const endpointOf = (network: ChaosNetwork, random: SeededRandom): FaultyRpc =>
  random.pick(network.endpoints as [FaultyRpc, ...FaultyRpc[]]);
const aggregatorOf = (network: ChaosNetwork, random: SeededRandom): Restartable =>
  random.pick(network.aggregators as [Restartable, ...Restartable[]]);

const chainFaults: Readonly<Record<string, Inject>> = {
  ...Object.fromEntries(
    Object.entries(rpcFaults).map(([name, weather]) => [
      name,
      (network: ChaosNetwork, random: SeededRandom) => {
        const endpoint = endpointOf(network, random);
        return alone(endpoint, async () => {
          endpoint.weather = weather(random);
          await pause(spellMs(random));
          endpoint.weather = fair;
        });
      },
    ]),
  ),
  reorganisation: (network, random) => {
    const { anvil } = network.servers;
    return alone(anvil, async () => {
      await rpc(anvil.url, 'anvil_reorg', [random.integer(1, 6), []]);
      // The new blocks have the times of the old ones: without this, the chain's clock falls behind with each.
      await rpc(anvil.url, 'anvil_setTime', [Math.floor(Date.now() / 1000)]);
      await fund(network);
    });
  },
  'pool dropped': ({ servers: { anvil } }) => alone(anvil, () => rpc(anvil.url, 'anvil_dropAllTransactions')),
  'base fee spike': ({ servers: { anvil } }, random) =>
    alone(anvil, () =>
      rpc(anvil.url, 'anvil_setNextBlockBaseFeePerGas', [`0x${(random.integer(2, 80) * 1e9).toString(16)}`]),
    ),
  'no funds': (network, random) => {
    const aggregator = aggregatorOf(network, random);
    const { url } = network.servers.anvil;
    return alone(aggregator.funds, async () => {
      await rpc(url, 'anvil_setBalance', [aggregator.transmitter, '0x1']);
      await pause(spellMs(random));
      await rpc(url, 'anvil_setBalance', [aggregator.transmitter, fundsWei]);
    });
  },
};

const aggregatorFaults: Readonly<Record<string, Inject>> = {
  'aggregator killed': (network, random) => {
    const aggregator = aggregatorOf(network, random);
    return alone(aggregator, async () => {
      await aggregator.process?.kill();
      aggregator.process = undefined;
      await pause(random.integer(0, 1_000));
      await aggregator.start();
    });
  },
  'aggregator frozen': (network, random) => {
    const aggregator = aggregatorOf(network, random);
    return alone(aggregator, async () => {
      const pid = aggregator.process?.pid;
      if (pid === undefined) return;
      process.kill(pid, 'SIGSTOP');
      await pause(spellMs(random));
      process.kill(pid, 'SIGCONT');
    });
  },
};

const redisFaults: Readonly<Record<string, Inject>> = {
  'redis overwritten with garbage': ({ servers: { redis } }, random) =>
    alone(redis, async () => {
      const overwriting = overwriteRedis(redis.url);
      await pause(spellMs(random));
      await overwriting.stop();
    }),
  'redis emptied and restarted': ({ servers: { redis } }) =>
    alone(redis, async () => {
      await redis.kill();
      await redis.restart();
    }),
};

/** All faults, by kind and name. */
export const faultsByKind: Readonly<Record<string, Readonly<Record<string, Inject>>>> = {
  chain: chainFaults,
  aggregators: aggregatorFaults,
  redis: redisFaults,
  floods,
  epochs: epochFaults,
};

/**
 * A reorganisation also reverts transfers to accounts, so every account that no fault has emptied gets its funds back.
 */
async function fund({ aggregators, servers: { anvil } }: ChaosNetwork): Promise<void> {
  for (const { transmitter, funds } of aggregators)
    if (!isBusy(funds)) await rpc(anvil.url, 'anvil_setBalance', [transmitter, fundsWei]);
}
