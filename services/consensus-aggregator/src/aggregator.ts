/** What the parts of the service share in one epoch: the ports by which effects are carried out, and the books that events change. */

import { type Books, newBooks, type Pace, type Setting } from '@assay/aggregation/books';
import type { Bus, Chain, Clock, Telemetry } from '@assay/protocol/ports';
import type { Epochs, EpochView } from '@assay/runtime/service/epochs';
import type { EventRecorder } from './event-recorder.ts';
import type { SnapshotStore } from './snapshot-store.ts';

export interface AggregatorPorts {
  readonly service: string;
  readonly view: EpochView;
  /** Tells when the next epoch takes the tasks. */
  readonly epochs: Pick<Epochs, 'leftOver' | 'onChange'>;
  /** A snapshot to go on from where the aggregator has none of its own for the epoch. */
  readonly startsFrom?: string;
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
  const setting = settingOf(ports.view, ports.pace);
  return { ...ports, setting, books: newBooks(setting) };
}

/** Epochs of which none follows. */
export const lastEpoch: AggregatorPorts['epochs'] = { leftOver: () => undefined, onChange: () => () => undefined };

/** The setting of the books of an epoch. */
export function settingOf({ network, policies, takesFromMs, takesOver }: EpochView, pace: Pace): Setting {
  return { network, policies, takesFromMs, pace, ...(takesOver === undefined ? {} : { takesOver }) };
}
