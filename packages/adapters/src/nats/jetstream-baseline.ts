/**
 * The JetStream baseline: publishes, confirms, delivers and acknowledges traffic of a given shape, and nothing else.
 */
import { AckPolicy, type JetStreamClient, jetstream, StorageType } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

/** Messages of one stream: how many for one unit of work, how large, and who reads them. */
export interface StreamLoad {
  readonly stream: string;
  /** Messages for one unit of work; below one where several units share a message. */
  readonly perUnit: number;
  readonly bytes: number;
  /** Durable consumers that acknowledge each message. */
  readonly workers: number;
  /** Readers that acknowledge nothing. */
  readonly followers: number;
}

/** The result of a baseline run. */
export interface BaselineRun {
  readonly unitsPerSecond: number;
  /** Messages published a second, and messages delivered a second. */
  readonly publishedPerSecond: number;
  readonly deliveredPerSecond: number;
  /**
   * A message through each stream in turn, each published when the previous one has been delivered; median and 99th
   * percentile.
   */
  readonly chainP50Ms: number;
  readonly chainP99Ms: number;
}

const inFlightMax = 256;
const heldMax = 512;
const chainsTimed = 200;

/** Sends `units` units of work through new streams on the server at `url`, first one by one, then all at once. */
export async function runNatsBaseline(url: string, loads: readonly StreamLoad[], units: number): Promise<BaselineRun> {
  const publisher = await connect({ servers: url, noAsyncTraces: true });
  const subscriber = await connect({ servers: url, noAsyncTraces: true });
  try {
    const js = jetstream(publisher);
    const lanes: Lane[] = [];
    for (const load of loads) lanes.push(await openLane(jetstream(subscriber), load));
    const chains = await timeChains(js, lanes);
    const before = delivered(lanes);
    const startedMs = performance.now();
    const messages = await publishUnits(js, lanes, units);
    await Promise.all(lanes.map((lane) => lane.idle()));
    const seconds = (performance.now() - startedMs) / 1000;
    return {
      unitsPerSecond: units / seconds,
      publishedPerSecond: messages / seconds,
      deliveredPerSecond: (delivered(lanes) - before) / seconds,
      chainP50Ms: chains[Math.floor(chains.length * 0.5)] ?? 0,
      chainP99Ms: chains[Math.floor(chains.length * 0.99)] ?? 0,
    };
  } finally {
    await Promise.all([publisher.close(), subscriber.close()]);
  }
}

/** One stream with its readers. */
class Lane {
  readonly load: StreamLoad;
  readonly subject: string;
  readonly payload: Uint8Array;
  deliveries = 0;
  private expected = 0;
  private wake: (() => void) | undefined;

  constructor(load: StreamLoad) {
    this.load = load;
    this.subject = `bare.${load.stream}`;
    this.payload = new Uint8Array(load.bytes).fill(0x61);
  }

  /** Publishes one message; resolves when JetStream has confirmed it. */
  async publish(js: JetStreamClient): Promise<void> {
    this.expected += this.load.workers + this.load.followers;
    await js.publish(this.subject, this.payload);
  }

  onDelivery(): void {
    this.deliveries++;
    if (this.deliveries >= this.expected) this.wake?.();
  }

  /** Resolves once every reader has everything that was published. */
  async idle(): Promise<void> {
    while (this.deliveries < this.expected)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
  }
}

async function openLane(js: JetStreamClient, load: StreamLoad): Promise<Lane> {
  const lane = new Lane(load);
  const manager = await js.jetstreamManager(false);
  const stream = `BARE_${load.stream}`;
  await manager.streams.add({ name: stream, subjects: [lane.subject], storage: StorageType.File });
  const acknowledged = Array.from({ length: load.workers }, (_, index) => ({
    durable_name: `worker-${index}`,
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: 10_000,
  }));
  const silent = Array.from({ length: load.followers }, () => ({ ack_policy: AckPolicy.None, mem_storage: true }));
  for (const config of [...acknowledged, ...silent]) {
    const { name } = await manager.consumers.add(stream, config);
    const consumer = await js.consumers.get(stream, name);
    await consumer.consume({
      max_messages: heldMax,
      callback: (message) => {
        if (config.ack_policy === AckPolicy.Explicit) message.ack();
        lane.onDelivery();
      },
    });
  }
  return lane;
}

/**
 * A message through each stream, each published when the previous one has reached all its readers; sorted milliseconds.
 */
async function timeChains(js: JetStreamClient, lanes: readonly Lane[]): Promise<number[]> {
  const times: number[] = [];
  for (let chain = 0; chain < chainsTimed; chain++) {
    const startedMs = performance.now();
    for (const lane of lanes) {
      await lane.publish(js);
      await lane.idle();
    }
    times.push(performance.now() - startedMs);
  }
  return times.sort((a, b) => a - b);
}

/** Publishes each unit's messages, a bounded number at once; resolves with their count. */
async function publishUnits(js: JetStreamClient, lanes: readonly Lane[], units: number): Promise<number> {
  const underWay = new Set<Promise<void>>();
  let messages = 0;
  for (let unit = 0; unit < units; unit++) {
    for (const lane of lanes) {
      const due = Math.floor((unit + 1) * lane.load.perUnit) - Math.floor(unit * lane.load.perUnit);
      for (let one = 0; one < due; one++) {
        const sent = lane.publish(js).finally(() => underWay.delete(sent));
        underWay.add(sent);
        messages++;
        if (underWay.size >= inFlightMax) await Promise.race(underWay);
      }
    }
  }
  await Promise.all(underWay);
  return messages;
}

const delivered = (lanes: readonly Lane[]): number => lanes.reduce((sum, { deliveries }) => sum + deliveries, 0);
