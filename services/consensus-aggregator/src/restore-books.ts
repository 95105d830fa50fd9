/** Where an aggregator begins: at a snapshot that fits the streams, else at the beginning of its epoch. */

import { newBooks } from '@assay/aggregation/books';
import { epochFromMs } from '@assay/aggregation/epochs/epoch-end';
import { type FollowedStream, followedStreams, type StreamExtent } from '@assay/aggregation/followed-streams';
import { areReached, booksOf } from '@assay/aggregation/record/snapshot';
import { backoffMs, retryBackoff } from '@assay/protocol/backoff';
import { errorText } from '@assay/protocol/error-text';
import type { BusMessage } from '@assay/protocol/ports';
import type { Aggregator } from './aggregator.ts';

/** What of an aggregator its beginning needs. */
type Beginning = Pick<Aggregator, 'bus' | 'clock' | 'telemetry' | 'setting' | 'books'>;

/** Puts the books of the last snapshot in place and returns its text; undefined where there is none that fits. */
export async function restoreBooks(aggregator: Aggregator, signal: AbortSignal): Promise<string | undefined> {
  const { snapshots, setting, telemetry } = aggregator;
  const text = (await snapshots?.last()) ?? aggregator.startsFrom;
  if (text === undefined) return undefined;
  const streams = await whenAnswered(aggregator, ({ bus }, stream) => bus.extent(stream), signal);
  try {
    aggregator.books = booksOf(setting, text);
    if (
      streams !== undefined &&
      areReached(aggregator.books, streams) &&
      (await areMarked(aggregator, streams, signal))
    )
      return text;
    telemetry.log.warn('the snapshot does not fit the streams: they are read from the beginning of the epoch');
  } catch (error) {
    telemetry.log.warn('the snapshot cannot be read: the streams are read from the beginning of the epoch', {
      error: errorText(error),
    });
  }
  aggregator.books = newBooks(setting);
  return undefined;
}

/**
 * How far the streams reach for the aggregator's epoch, asked until there is an answer; undefined when the signal aborts
 * first. A stream of which nothing was read, and whose last message is older than the epoch, has nothing to be read.
 */
export async function extentsOfEpoch(
  aggregator: Beginning,
  signal: AbortSignal,
): Promise<Record<FollowedStream, StreamExtent> | undefined> {
  const { books, setting } = aggregator;
  const fromMs = epochFromMs(setting);
  const ofEpoch = async ({ bus }: Beginning, stream: FollowedStream) => {
    const extent = await bus.extent(stream);
    if (fromMs === 0 || books.lanes[stream].mark !== undefined || extent.first > extent.last) return extent;
    const last = await firstFrom({ bus }, stream, extent.last, signal);
    return last !== undefined && last.timestampMs < fromMs ? { ...extent, first: extent.last + 1 } : extent;
  };
  return whenAnswered(aggregator, ofEpoch, signal);
}

async function whenAnswered(
  aggregator: Beginning,
  ask: (aggregator: Beginning, stream: FollowedStream) => Promise<StreamExtent>,
  signal: AbortSignal,
): Promise<Record<FollowedStream, StreamExtent> | undefined> {
  const { clock, telemetry } = aggregator;
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      const extents = await Promise.all(
        followedStreams.map(async (stream) => [stream, await ask(aggregator, stream)] as const),
      );
      return Object.fromEntries(extents) as Record<FollowedStream, StreamExtent>;
    } catch (error) {
      telemetry.log.warn('the streams cannot be read', { error: errorText(error) });
      await clock.sleep(backoffMs(retryBackoff, attempt), signal);
    }
  }
  return undefined;
}

/** Whether the streams hold, in the places where the books stand, the messages that were there: else they are others. */
async function areMarked(
  { bus, books }: Aggregator,
  streams: Readonly<Record<FollowedStream, StreamExtent>>,
  signal: AbortSignal,
): Promise<boolean> {
  const marked = await Promise.all(
    followedStreams.map(async (stream) => {
      const { position, mark } = books.lanes[stream];
      if (mark === undefined || position < streams[stream].first) return true;
      const message = await firstFrom({ bus }, stream, position, signal);
      return message?.subject === mark.subject && message.timestampMs === mark.timestampMs;
    }),
  );
  return !marked.includes(false);
}

async function firstFrom(
  { bus }: Pick<Aggregator, 'bus'>,
  stream: FollowedStream,
  fromSequence: number,
  signal: AbortSignal,
): Promise<BusMessage | undefined> {
  const found = new AbortController();
  for await (const message of bus.follow(stream, { fromSequence }, AbortSignal.any([signal, found.signal]))) {
    found.abort();
    return message;
  }
  return undefined;
}
