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

/** Options of the replicas. */
export interface ScaleNetworkOptions {
  /** Duration of one check, milliseconds. */
  readonly checkMs: number;
  /** Tasks that one replica checks at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress: (step: string) => void;
  /** Entry file of the replicas, where it is not the one beside this file: a bundle of it starts in half of the time. */
  readonly entry?: string | undefined;
}

/** The network, without replicas yet. */
export interface ScaleNetwork {
  readonly network: LocalNetwork;
  readonly bus: Bus;
  readonly lag: ConsumerLagReader;
  readonly replicas: Replicas;
  stop(): Promise<void>;
}

const ownEntry = fileURLToPath(entryBeside(import.meta.url, 'fixed-time-validator'));
const checksum = 'checksum-verifier';
/** The bench submits from one address, faster than a client may. */
const requestsPerMinute = '1000000';

/** Starts it; stops it if a part fails. */
export async function startScaleNetwork(options: ScaleNetworkOptions): Promise<ScaleNetwork> {
  const { entry = ownEntry } = options;
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

/** Replicas as processes: started when more are wanted, stopped with SIGTERM when fewer are. */
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

  /** Replicas that are ready. */
  get ready(): number {
    return this.#running.length;
  }

  /** Replicas that are stopping and still finish their work. */
  get stopping(): number {
    return this.#stopping;
  }

  /** Begins to start or stop replicas; `settled` waits for it. Throws earlier failures. */
  want(count: number): void {
    if (this.#failure !== undefined) throw this.#failure;
    for (let have = this.#running.length + this.#starting; have < count; have++) this.#begin(this.#startOne());
    for (let have = this.#running.length; have > count; have--) this.#begin(this.#stopOne());
  }

  /** Resolves when no replica is starting or stopping. Rejects with failures. */
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

/** Maximum time after the last submission. */
export const drainMsMax = 2 * limits.ackWaitMs;
