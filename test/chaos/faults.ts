/** The faults of a chaos run, drawn from a seed, each with its own cleanup. */
import { setTimeout as pause } from 'node:timers/promises';
import { away, type Fault, type FaultyRpc, fair, rpc, type Weather } from '../chain/faulty-rpc.ts';
import type { SeededRandom } from '../sim/seeded-random.ts';
import type { ChaosNetwork, Restartable } from './chaos-network.ts';

/** A kind of fault; resolves when it is over and cleaned up, with false if it was not injected. */
type Make = (network: ChaosNetwork, random: SeededRandom) => Promise<boolean>;

const fundsWei = '0x21e19e0c9bab2400000';
/** If two faults conflict, the later one is not injected and does not count. */
const busy = new Set<object>();

async function alone(on: object, work: () => Promise<unknown>): Promise<boolean> {
  if (busy.has(on)) return false;
  busy.add(on);
  try {
    await work();
  } finally {
    busy.delete(on);
  }
  return true;
}

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

const spell = (random: SeededRandom): number => random.integer(200, 2_000);
const endpointOf = (network: ChaosNetwork, random: SeededRandom): FaultyRpc =>
  random.pick(network.endpoints as [FaultyRpc, ...FaultyRpc[]]);
const aggregatorOf = (network: ChaosNetwork, random: SeededRandom): Restartable =>
  random.pick(network.aggregators as [Restartable, ...Restartable[]]);

const faults: Readonly<Record<string, Make>> = {
  ...Object.fromEntries(
    Object.entries(rpcFaults).map(([name, weather]) => [
      name,
      (network: ChaosNetwork, random: SeededRandom) => {
        const endpoint = endpointOf(network, random);
        return alone(endpoint, async () => {
          endpoint.weather = weather(random);
          await pause(spell(random));
          endpoint.weather = fair;
        });
      },
    ]),
  ),
  reorganisation: (network, random) => {
    const { anvil } = network.servers;
    return alone(anvil, async () => {
      await rpc(anvil.url, 'anvil_reorg', [random.integer(1, 6), []]);
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
      await pause(spell(random));
      await rpc(url, 'anvil_setBalance', [aggregator.transmitter, fundsWei]);
    });
  },
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
      await pause(spell(random));
      process.kill(pid, 'SIGCONT');
    });
  },
  'redis emptied and restarted': ({ servers: { redis } }) =>
    alone(redis, async () => {
      await redis.kill();
      await redis.restart();
    }),
};

/** Relative frequency of each fault; the default is 1. Processes take long to start. */
const weights: Readonly<Record<string, number>> = { reorganisation: 3, 'aggregator killed': 2 };
const drawn = Object.keys(faults).flatMap((name) => Array.from({ length: weights[name] ?? 1 }, () => name));

/** Number and rate of faults. */
export interface FaultPace {
  readonly count: number;
  /** Mean time from one to the next. */
  readonly everyMs: number;
  /** Resolves when the network has made progress, so that a slow machine gets the same load of faults as a fast one. */
  readonly progressed: () => Promise<void>;
}

const faultsAtOnce = 10;

/** Injects faults, some at the same time; resolves with the number of each when all are cleaned up. */
export async function makeFaults(
  network: ChaosNetwork,
  random: SeededRandom,
  { count, everyMs, progressed }: FaultPace,
): Promise<Record<string, number>> {
  const made: Record<string, number> = {};
  const underWay = new Set<Promise<void>>();
  let total = 0;
  for (let number = 0; total < count; number++) {
    const name = random.pick(drawn as [string, ...string[]]);
    const one = (faults[name]?.(network, random.fork(`fault ${number}`)) ?? Promise.resolve(false)).then((wasMade) => {
      underWay.delete(one);
      if (!wasMade) return;
      total++;
      made[name] = (made[name] ?? 0) + 1;
    });
    underWay.add(one);
    await pause(random.integer(0, 2 * everyMs));
    if (number % faultsAtOnce === faultsAtOnce - 1) await progressed();
  }
  await Promise.all(underWay);
  return made;
}

/**
 * A reorganisation also reverts transfers to accounts, so every account that no fault has emptied gets its funds back.
 */
async function fund({ aggregators, servers: { anvil } }: ChaosNetwork): Promise<void> {
  for (const { transmitter, funds } of aggregators)
    if (!busy.has(funds)) await rpc(anvil.url, 'anvil_setBalance', [transmitter, fundsWei]);
}
