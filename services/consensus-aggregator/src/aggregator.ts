/** What the parts of the service share: the ports by which effects are carried out, and the books that events change. */

import { type Books, newBooks, type Pace, type Setting } from '@assay/aggregation/books';
import type { Bus, Chain, Clock, Telemetry } from '@assay/protocol/ports';
import type { NetworkView } from '@assay/runtime/service/network-view';
import type { EventRecorder } from './event-recorder.ts';
import type { SnapshotStore } from './snapshot-store.ts';

export interface AggregatorPorts {
  readonly service: string;
  readonly view: NetworkView;
  readonly bus: Bus;
  readonly chain: Chain;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly pace: Pace;
  /** Where it goes on from after a restart; without one it reads the streams from their beginning. */
  readonly snapshots?: SnapshotStore;
  readonly recorder?: EventRecorder;
}

export interface Aggregator extends AggregatorPorts {
  readonly setting: Setting;
  books: Books;
}

/** An aggregator with empty books. */
export function newAggregator(ports: AggregatorPorts): Aggregator {
  const { network, policies } = ports.view;
  const setting = { network, policies, pace: ports.pace };
  return { ...ports, setting, books: newBooks(setting) };
}
