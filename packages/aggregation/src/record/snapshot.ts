/**
 * Books as they are kept for a restart. A snapshot is worth as much as the hand that wrote it: whoever reads one must know
 * that it is its own (see the aggregator's `snapshot-store.ts`), else the books are built from the streams.
 */

import { configDigest } from '@assay/protocol/network/validator-set';
import { type Books, newBooks, type Setting } from '../books.ts';
import { type FollowedStream, followedStreams, type StreamExtent } from '../followed-streams.ts';
import { fromJson, toJson } from './json.ts';

/** Changes with every change of the books' form or meaning. */
const version = 3;

/** What of the books a restart goes on from. What was under way outside is begun anew. */
type Kept = Pick<Books, 'tasks' | 'roots' | 'proving'> & {
  readonly lanes: Readonly<
    Record<string, { readonly position: number; readonly mark?: Books['lanes']['TASKS']['mark'] }>
  >;
  readonly batches: Omit<Books['batches'], 'hasNews'>;
  readonly watched: Books['finality']['watched'];
  readonly seen: Books['finality']['seen'];
  readonly toRecover: Books['finality']['toRecover'];
  readonly intentsRead: number;
};

/** To which network, policies and place among the aggregators a snapshot belongs. */
export function snapshotContext({ network, pace }: Setting): string {
  return `assay aggregator snapshot v${version} ${configDigest(network)} ${network.epoch} ${pace.index} of ${pace.count}`;
}

/** The text of a snapshot. */
export function snapshotOf({ setting, lanes, tasks, batches, roots, proving, finality, postings }: Books): string {
  const { hasNews: _, ...openBatches } = batches;
  const kept: Kept = {
    lanes: Object.fromEntries(
      followedStreams.map((stream) => {
        const { position, mark } = lanes[stream];
        return [stream, mark === undefined ? { position } : { position, mark }];
      }),
    ),
    tasks,
    batches: openBatches,
    roots,
    proving,
    watched: finality.watched,
    seen: finality.seen,
    // Looked for, or posted again, when the snapshot was made: the next process looks for them first of all.
    toRecover: [
      ...finality.toRecover,
      ...finality.toLook,
      ...finality.looking.values(),
      ...[...postings.values()].filter(({ isAgain }) => isAgain).map(({ batch }) => batch),
    ],
    intentsRead: finality.intentsRead,
  };
  return toJson(kept, setting.policies);
}

/** Books that go on from a snapshot. Throws on a text that is none: hand in only what this very code has written. */
export function booksOf(setting: Setting, snapshot: string): Books {
  const { lanes, tasks, batches, roots, proving, watched, seen, toRecover, intentsRead } = fromJson(
    snapshot,
    setting.policies,
  ) as Kept;
  const books = newBooks(setting);
  for (const stream of followedStreams) Object.assign(books.lanes[stream], lanes[stream]);
  return {
    ...books,
    tasks,
    batches: { ...batches, hasNews: true },
    roots,
    proving,
    finality: { ...books.finality, watched, ...(seen === undefined ? {} : { seen }), toRecover, intentsRead },
  };
}

/** Whether the streams go on where books from a snapshot stand: what is missing between would never be heard of. */
export function areReached({ lanes }: Books, streams: Readonly<Record<FollowedStream, StreamExtent>>): boolean {
  return followedStreams.every((stream) => {
    const { position } = lanes[stream];
    return position <= streams[stream].last && streams[stream].first <= position + 1;
  });
}
