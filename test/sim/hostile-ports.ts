/**
 * Ports of neighbours that attack the process they serve, until the weather calms. The broker hides, replays and reorders;
 * Redis answers anything; the content store loses and corrupts what it likes.
 */
import type { Bus, BusMessage, Cache, Clock, ContentStore, Delivery } from '@assay/protocol/ports';
import type { SeededRandom } from './seeded-random.ts';
import type { Sky } from './weather.ts';

/** Probability of an attack for each call to a neighbour; 0: it is honest. */
export interface Adversaries {
  readonly broker: number;
  readonly cache: number;
  readonly content: number;
  /** Nobody is shown a proposal by its place on the log, before this moment of the run. */
  readonly hidesLogUntilMs?: number;
  /** The only operator that they attack, with all of its processes; absent: they attack everybody. */
  readonly onlyOperator?: number;
}

/** Nobody attacks. */
export const noAdversaries: Adversaries = { broker: 0, cache: 0, content: 0 };

/** Neighbours from a seed: each may be honest, attack now and then or often, and attack one operator alone. */
export function drawAdversaries(random: SeededRandom, operators: number): Adversaries {
  const only = random.integer(0, operators - 1);
  return {
    broker: random.pick([0, 0.1, 0.4]),
    cache: random.pick([0, 0.3, 0.9]),
    content: random.pick([0, 0.1, 0.4]),
    ...(random.chance(0.3) && { onlyOperator: only }),
  };
}

/** A process as its neighbours meet it. */
export interface Victim {
  readonly sky: Sky;
  readonly clock: Clock & { readonly elapsedMs: number };
  readonly random: SeededRandom;
  readonly adversaries: Adversaries;
}

const withheldMsMax = 5_000;
const garbageBytesMax = 200;

/**
 * A broker that says that a stream or a subject holds nothing, takes a message whatever its publisher expects, delivers
 * again as if for the first time, and withholds messages so that later ones overtake them.
 */
export function hostileBus(inner: Bus, victim: Victim): Bus {
  const { sky, adversaries } = victim;
  const attacks = () => sky.happens(adversaries.broker);
  return {
    ...inner,
    publish: (subject, data, options) =>
      inner.publish(subject, data, attacks() ? { headers: options?.headers ?? {} } : options),
    last: async (stream, subject) => (attacks() ? undefined : inner.last(stream, subject)),
    next: async (stream, subject, after) => {
      const isHidden = stream === 'PROPOSALS' && victim.clock.elapsedMs < (adversaries.hidesLogUntilMs ?? 0);
      return isHidden || attacks() ? undefined : inner.next(stream, subject, after);
    },
    lastSequence: async (stream) => (attacks() ? 0 : inner.lastSequence(stream)),
    work: (options, signal) => replayed(inner.work(options, signal), victim),
    follow: (stream, options, signal) => reordered(inner.follow(stream, options, signal), victim),
  };
}

async function* replayed(
  deliveries: AsyncIterable<Delivery>,
  { sky, random, adversaries }: Victim,
): AsyncGenerator<Delivery> {
  const attacks = () => sky.happens(adversaries.broker);
  for await (const delivery of deliveries) {
    if (attacks()) {
      delivery.nak(random.integer(1, withheldMsMax));
      continue;
    }
    if (attacks()) {
      const nothing = () => undefined;
      yield {
        ...delivery,
        deliveryCount: 1,
        ack: async () => undefined,
        nak: nothing,
        term: nothing,
        working: nothing,
      };
    }
    yield attacks() ? { ...delivery, deliveryCount: 1 } : delivery;
  }
}

async function* reordered(
  messages: AsyncIterable<BusMessage>,
  { sky, clock, random, adversaries }: Victim,
): AsyncGenerator<BusMessage> {
  const attacks = () => sky.happens(adversaries.broker);
  const ready: BusMessage[] = [];
  let withheld = 0;
  let failure: { readonly error: unknown } | undefined;
  let isOver = false;
  let wake: () => void = () => undefined;
  const arrive = (message: BusMessage) => {
    ready.push(message);
    wake();
  };
  const reading = (async () => {
    for await (const message of messages) {
      if (attacks()) arrive(message);
      if (!attacks()) arrive(message);
      else {
        withheld++;
        void clock.sleep(random.integer(1, withheldMsMax)).then(() => {
          withheld--;
          arrive(message);
        });
      }
    }
  })();
  void reading
    .catch((error: unknown) => {
      failure = { error };
    })
    .finally(() => {
      isOver = true;
      wake();
    });
  for (;;) {
    for (let message = ready.shift(); message !== undefined; message = ready.shift()) yield message;
    if (isOver && withheld === 0) break;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  if (failure !== undefined) throw failure.error;
}

/** A Redis that answers with garbage, with the value of another key, or with one that was overwritten. */
export function hostileCache(inner: Cache, { sky, random, adversaries }: Victim): Cache {
  const seen: Uint8Array[] = [];
  return {
    ...inner,
    get: async (key) => {
      if (!sky.happens(adversaries.cache)) return inner.get(key);
      const other = seen[random.integer(0, Math.max(0, seen.length - 1))];
      return other !== undefined && random.chance(0.5) ? other : random.bytes(random.integer(0, garbageBytesMax));
    },
    set: (key, value, ttlSeconds) => {
      seen.push(value);
      return inner.set(key, value, ttlSeconds);
    },
  };
}

/** A content store that has lost content, or has something else under its CID. */
export function hostileStore(inner: ContentStore, { sky, random, adversaries }: Victim): ContentStore {
  return {
    ...inner,
    get: async (cid, place) => {
      if (!sky.happens(adversaries.content)) return inner.get(cid, place);
      return random.chance(0.5) ? undefined : random.bytes(random.integer(0, garbageBytesMax));
    },
  };
}
