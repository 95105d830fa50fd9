/** The loops of an aggregator: four followers, the proposer, the poster and the watch for reorganisations. */

import type { StreamName } from '@assay/protocol/bus/subjects';
import { runFollowLoop } from '@assay/runtime/loop/follow-loop';
import type { FollowPosition } from '@assay/runtime/loop/follow-position';
import type { Handler } from '@assay/runtime/loop/handle-message';
import { spans } from '@assay/runtime/service/signals';
import type { Aggregator } from './aggregator.ts';
import { onCosignature, onObservation, onProposal, onTask } from './handler.ts';
import { runPoster } from './poster.ts';
import { runProposer } from './proposer.ts';
import { runFinalityWatch } from './run-finality-watch.ts';

/**
 * Runs an aggregator until the signal aborts. Every aggregator follows the streams by itself, from the beginning: its
 * books are in memory, so that it needs no other store to take up where one that died left off.
 */
export async function runAggregator(aggregator: Aggregator, signal: AbortSignal): Promise<void> {
  const follow = (stream: StreamName, spanName: string, handler: Handler, position?: FollowPosition) =>
    runFollowLoop(
      {
        bus: aggregator.bus,
        telemetry: aggregator.telemetry,
        service: aggregator.service,
        clock: aggregator.clock,
        stream,
        spanName,
        handler,
        onHandled: (sequence) => {
          position?.advance(sequence);
          // With each proposal the turn passes on: whoever waited for it must look again.
          if (stream === 'PROPOSALS') aggregator.wake.ring();
        },
      },
      signal,
    );
  await Promise.all([
    follow('TASKS', spans.openTask, (message) => onTask(aggregator, message)),
    follow('OBSERVATIONS', spans.tally, (message) => onObservation(aggregator, message), aggregator.observationsRead),
    follow(
      'PROPOSALS',
      spans.takeProposal,
      (message, span) => onProposal(aggregator, message, signal, span),
      aggregator.proposalsRead,
    ),
    follow('COSIGNATURES', spans.certify, (message, span) => onCosignature(aggregator, message, signal, span)),
    runProposer(aggregator, signal),
    runPoster(aggregator, signal),
    runFinalityWatch(aggregator, signal),
  ]);
}
