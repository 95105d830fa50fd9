/** A local network of one operator whose only validators are replicas of the fixed-time checksum verifier, as many as wanted. */
import { fileURLToPath } from 'node:url';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import { type ConsumerLagReader, consumerLagReader } from '@assay/adapters/nats/consumer-lag';
import { entryBeside } from '@assay/adapters/process/entry-file';
import { type LocalNetwork, startLocalNetwork } from '@assay/cli/network/local-network';
import type { ServiceProcess } from '@assay/cli/network/service-process';
import { taskConsumer } from '@assay/protocol/bus/subjects';
import { limits } from '@assay/protocol/limits';
import type { Bus } from '@assay/protocol/ports';

/** What the replicas are like. */
export interface ScaleNetworkOptions {
  /** What one check takes, milliseconds. */
  readonly checkMs: number;
  /** Tasks that one replica checks at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress: (step: string) => void;
}

/** The network, without a replica as yet. */
export interface ScaleNetwork {
  readonly network: LocalNetwork;
  readonly bus: Bus;
  readonly lag: ConsumerLagReader;
  readonly replicas: Replicas;
  stop(): Promise<void>;
}

const entry = fileURLToPath(entryBeside(import.meta.url, 'fixed-time-validator'));
const checksum = 'checksum-verifier';
/** The bench hands in from one address, faster than a client may. */
const requestsPerMinute = '1000000';

/** Starts it; stopped again when a part fails. */
export async function startScaleNetwork(options: ScaleNetworkOptions): Promise<ScaleNetwork> {
  const network = await startLocalNetwork({
    operators: 1,
    replicas: 1,
    replicasOf: (_, role) => (role === 'checksum' ? 1 : 0),
    aggregators: 1,
    blockTimeSeconds: 0.5,
    logLevel: 'warn',
    signal: options.signal,
    onProgress: options.onProgress,
    entryOf: (service) => (service === checksum ? entry : undefined),
    environment: {
      CHECK_MS: String(options.checkMs),
      CONCURRENCY: String(options.concurrency),
      REQUESTS_PER_MINUTE: requestsPerMinute,
    },
  });
  try {
    const [operator] = network.operators;
    if (operator === undefined) throw new Error('The network has no operator.');
    const at = { servers: network.servers.nats.url, name: 'bench scale' };
    const bus = await connectNatsBus(at);
    const durable = taskConsumer(operator.address, 'checksum');
    const lag = await consumerLagReader({ ...at, stream: 'TASKS', durable });
    const replicas = new Replicas(network);
    await replicas.become(0);
    const stop = async () => {
      await Promise.allSettled([bus.close(), lag.close()]);
      await network.stop();
    };
    return { network, bus, lag, replicas, stop };
  } catch (error) {
    await network.stop();
    throw error;
  }
}

/** Replicas as processes: started when more are wanted, asked to stop (SIGTERM) when fewer are. */
export class Replicas {
  readonly #network: LocalNetwork;
  readonly #running: ServiceProcess[];
  readonly #changing = new Set<Promise<void>>();
  #starting = 0;
  #stopping = 0;
  #started = 0;
  #failure: unknown;

  constructor(network: LocalNetwork) {
    this.#network = network;
    this.#running = network.services.filter(({ service }) => service === checksum);
  }

  /** Replicas that say they are ready. */
  get ready(): number {
    return this.#running.length;
  }

  /** Replicas that were asked to stop and still finish what they hold. */
  get stopping(): number {
    return this.#stopping;
  }

  /** Begins to start or stop what is too few or too many; `settled` waits for it. Throws what failed before. */
  want(count: number): void {
    if (this.#failure !== undefined) throw this.#failure;
    for (let have = this.#running.length + this.#starting; have < count; have++) this.#begin(this.#startOne());
    for (let have = this.#running.length; have > count; have--) this.#begin(this.#stopOne());
  }

  /** Resolves when nothing starts or stops any more. Rejects with what failed. */
  async settled(): Promise<void> {
    while (this.#changing.size > 0) await Promise.all(this.#changing);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async become(count: number): Promise<void> {
    this.want(count);
    await this.settled();
  }

  #begin(change: Promise<void>): void {
    const done: Promise<void> = change
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#changing.delete(done));
    this.#changing.add(done);
  }

  async #startOne(): Promise<void> {
    const spec = this.#network.specs.find(({ service }) => service === checksum);
    if (spec === undefined) throw new Error('The network has no checksum verifier.');
    this.#starting += 1;
    try {
      this.#started += 1;
      const name = `replica-${this.#started}`;
      const environment = { ...spec.environment, INSTANCE: name };
      this.#running.push(await this.#network.start({ ...spec, name, environment }));
    } finally {
      this.#starting -= 1;
    }
  }

  async #stopOne(): Promise<void> {
    const last = this.#running.pop();
    if (last === undefined) return;
    this.#stopping += 1;
    try {
      await last.stop();
    } finally {
      this.#stopping -= 1;
    }
  }
}

/** How long a run may go on after the last task was handed in. */
export const drainMsMax = 2 * limits.ackWaitMs;
