/** An aggregator that has nothing to certify and watches what was posted until it is final. */
import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import { systemClock } from '@assay/adapters/process/system-clock';
import type { Bus, Chain, Finality } from '@assay/protocol/ports';
import { lastEpoch, newAggregator } from '../../services/consensus-aggregator/src/aggregator.ts';
import { runAggregator } from '../../services/consensus-aggregator/src/run-aggregator.ts';
import type { TestChain } from './certified-batches.ts';

/** Starts an aggregator with empty books that watches what the bus says was posted. */
export function watchingAggregator(on: TestChain, bus: Bus, chain: Chain, finality: Finality) {
  const aggregator = newAggregator({
    service: 'consensus-aggregator',
    bus,
    chain,
    clock: systemClock,
    telemetry: memoryTelemetry(),
    view: { network: on.network, policies: new Map(), takesFromMs: 0 },
    epochs: lastEpoch,
    pace: {
      index: 0,
      count: 1,
      batchReportsMax: 1,
      batchWaitMs: 1,
      batchesAheadMax: 4,
      turnDeltaMs: 1,
      confirmations: 1,
      finality,
    },
  });
  const stop = new AbortController();
  const running = runAggregator(aggregator, stop.signal);
  return {
    chain,
    finality: aggregator.books.finality,
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}
