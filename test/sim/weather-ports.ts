/** The ports of one process with the weather in between: the in-memory twins themselves stay as they are. */

import { limits } from '@assay/protocol/limits';
import { ChainUnreachable } from '@assay/protocol/network/chain-unreachable';
import type { Bus, BusMessage, Cache, Chain, ContentStore, Delivery, WorkOptions } from '@assay/protocol/ports';
import type { Sky } from './weather.ts';

/** Told every publish that a process tries, whether or not it gets through. */
export type PublishWitness = (subject: string, data: Uint8Array) => void;

/** A bus that delays, fails, repeats, forgets to confirm, and delivers again. */
export function weatherBus(inner: Bus, sky: Sky, witness: PublishWitness): Bus {
  return {
    ...inner,
    publish: (subject, data, options) =>
      sky.through(`a publish to ${subject}`, async () => {
        witness(subject, data);
        const published = await inner.publish(subject, data, options);
        return sky.happens(sky.weather.twice) ? inner.publish(subject, data, options) : published;
      }),
    work: (options, signal) => stormyWork(inner, sky, options, signal),
    follow: (stream, options, signal) => stormyFollow(inner.follow(stream, options, signal), sky),
    last: (stream, subject) => sky.through(`a look at ${subject}`, () => inner.last(stream, subject)),
    next: (stream, subject, after) => sky.through(`a look at ${subject}`, () => inner.next(stream, subject, after)),
    extent: (stream) => sky.through(`a look at ${stream}`, () => inner.extent(stream)),
    lastSequence: (stream) => sky.through(`a look at ${stream}`, () => inner.lastSequence(stream)),
  };
}

async function* stormyWork(inner: Bus, sky: Sky, options: WorkOptions, signal: AbortSignal): AsyncGenerator<Delivery> {
  for await (const delivery of inner.work(options, signal)) {
    await sky.delay();
    if (sky.happens(sky.weather.failure / 4)) throw new Error('Weather: the consumer lost its connection.');
    // What the server did not hear, it delivers again after the ack wait; the worker is free all the same.
    const heard = () => !sky.happens(sky.weather.failure);
    const ackWaitMs = options.ackWaitMs ?? limits.ackWaitMs;
    yield {
      ...delivery,
      ack: () => sky.through('an acknowledgement', () => delivery.ack()),
      nak: (delayMs) => {
        if (!sky.isOver) delivery.nak(heard() ? delayMs : ackWaitMs);
      },
      term: () => {
        if (sky.isOver) return;
        if (heard()) delivery.term();
        else delivery.nak(ackWaitMs);
      },
      working: () => {
        if (!sky.isOver && heard()) delivery.working();
      },
    };
  }
}

async function* stormyFollow(messages: AsyncIterable<BusMessage>, sky: Sky): AsyncGenerator<BusMessage> {
  for await (const message of messages) {
    await sky.delay();
    if (sky.happens(sky.weather.failure / 4)) throw new Error('Weather: the follower lost its connection.');
    yield message;
  }
}

/** A content store that is slow and fails. */
export function weatherStore(inner: ContentStore, sky: Sky): ContentStore {
  return {
    put: (place, contents) => sky.through('storing content', () => inner.put(place, contents)),
    get: (cid, place) => sky.through('fetching content', () => inner.get(cid, place)),
    remove: (place, cids) => sky.through('deleting content', () => inner.remove(place, cids)),
    expire: (beforeMs) => sky.through('deleting old content', () => inner.expire(beforeMs)),
  };
}

/** A cache that forgets some of what it is given. It never rejects: that is its contract. */
export function weatherCache(inner: Cache, sky: Sky): Cache {
  return {
    ...inner,
    get: async (key) => {
      await sky.delay();
      return sky.happens(sky.weather.failure) ? undefined : inner.get(key);
    },
    set: async (key, value, ttlSeconds) => {
      await sky.delay();
      if (!sky.happens(sky.weather.failure)) await inner.set(key, value, ttlSeconds);
    },
  };
}

/** A chain whose RPC is down at times, whose blocks are slow, and whose answer to a post may be lost. */
export function weatherChain(inner: Chain, sky: Sky): Chain {
  const answers = () => {
    if (sky.isChainDown) throw new ChainUnreachable('Weather: no RPC answers.');
  };
  return {
    ...inner,
    epochStart: async (epoch) => {
      answers();
      return inner.epochStart(epoch);
    },
    postedBatch: (epoch, sequence, confirmations) =>
      sky.through('a look at the chain', async () => {
        answers();
        return inner.postedBatch(epoch, sequence, confirmations);
      }),
    endedBatches: (epoch, since) =>
      sky.through('a look at the batches of an epoch', async () => {
        answers();
        return inner.endedBatches(epoch, since);
      }),
    height: () =>
      sky.through('the height of the chain', async () => {
        answers();
        return inner.height();
      }),
    post: (batch, certificate) =>
      sky.through('a post', async () => {
        answers();
        await sky.delay(sky.weather.blockMsMax);
        const outcome = await inner.post(batch, certificate);
        await sky.delay(sky.weather.blockMsMax);
        answers();
        return outcome;
      }),
  };
}
