import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import {
  exampleCosignature,
  exampleNetwork,
  exampleObservations,
  exampleProposal,
  exampleTask,
  policyRequiring,
} from '@assay/protocol/network/example-network';
import type { BusMessage } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { describe, expect, it } from 'vitest';
import { TestAggregator } from './aggregator.fixture.ts';
import type { FollowedStream } from './followed-streams.ts';

const example = exampleNetwork([1n, 1n, 1n, 1n], policyRequiring('checksum'));
const { task } = exampleTask();
const observations = exampleObservations(example, task);
const proposal = exampleProposal(example, [{ task, observations }], 1);
const handedInMs = 1_000;

function message(sequence: number, subject: string, value: unknown): BusMessage {
  return { subject, data: encodeMessage(value), sequence, timestampMs: handedInMs + sequence, headers: {} };
}
const observed = observations.map((one, index) =>
  message(index + 1, subjects.observation(one.taskId, one.role, one.operator), one),
);
const proposed = message(1, subjects.proposal(batchIdOf(example.network.epoch, 1)), proposal);
const cosigned = example.operators.map(({ address }, index) => {
  const subject = subjects.cosignature(batchIdOf(example.network.epoch, 1), address);
  return message(index + 1, subject, exampleCosignature(example, proposal, index));
});

/** An aggregator of which the bus says that it has read all, with a task that was handed in. */
function aggregatorWithTask(): TestAggregator {
  const aggregator = new TestAggregator(example, { batchWaitMs: 1e9 });
  aggregator.nowMs = handedInMs;
  aggregator.start();
  aggregator.task(task);
  return aggregator;
}

function hear(aggregator: TestAggregator, stream: FollowedStream, messages: readonly BusMessage[]): void {
  for (const one of messages) aggregator.take({ kind: 'message', stream, message: one });
}

/** The streams that are read again, and from when on. */
function rereads(aggregator: TestAggregator): string[] {
  return aggregator
    .all('follow')
    .flatMap((effect) => ('fromMs' in effect ? [`${effect.stream} ${effect.fromMs}`] : []));
}

/** All have observed and cosigned, and of the cosignatures two came while the bus showed no proposal. */
function aggregatorWithLostWords(): TestAggregator {
  const aggregator = aggregatorWithTask();
  hear(aggregator, 'OBSERVATIONS', observed);
  for (const one of cosigned.slice(0, 2)) {
    hear(aggregator, 'COSIGNATURES', [one]);
    const [question] = aggregator.all('ask').slice(-1);
    const id = question?.question.id ?? '';
    aggregator.take({ kind: 'answer', answer: { id, about: 'last', sequence: 0 } });
  }
  hear(aggregator, 'PROPOSALS', [proposed]);
  hear(aggregator, 'COSIGNATURES', cosigned.slice(2));
  return aggregator;
}

describe('the second look at the streams', () => {
  it('counts cosignatures that were refused because the bus hid their proposal', () => {
    const aggregator = aggregatorWithLostWords();
    expect(aggregator.decisions('COSIGNATURES').slice(0, 2)).toEqual(['unknown-batch', 'unknown-batch']);
    expect(aggregator.books.batches.open.get(1)?.certificate).toBeUndefined();
    aggregator.until(handedInMs + tuning.rereadAfterMs + 2 * tuning.rereadPollMs);
    expect(rereads(aggregator)).toEqual([
      `OBSERVATIONS ${handedInMs}`,
      `PROPOSALS ${handedInMs}`,
      `COSIGNATURES ${handedInMs}`,
    ]);
    // A cosignature waits until the proposals are read again up to its own.
    hear(aggregator, 'COSIGNATURES', cosigned.slice(0, 1));
    hear(aggregator, 'PROPOSALS', [proposed]);
    hear(aggregator, 'COSIGNATURES', cosigned.slice(1));
    expect(aggregator.decisions('PROPOSALS')).toEqual(['taken', 'repeat']);
    expect(aggregator.decisions('COSIGNATURES').slice(-4)).toEqual(['certified', 'added', 'repeat', 'repeat']);
    expect(aggregator.books.batches.open.get(1)?.certificate).toBeDefined();
  });

  it('holds a cosignature until the proposals are read again up to its own', () => {
    const aggregator = aggregatorWithLostWords();
    hear(aggregator, 'PROPOSALS', [{ ...proposed, sequence: 2 }]);
    const decided = aggregator.decisions('COSIGNATURES').length;
    aggregator.until(handedInMs + tuning.rereadAfterMs + 2 * tuning.rereadPollMs);
    hear(aggregator, 'COSIGNATURES', [
      message(9, cosigned[0]?.subject ?? '', {
        ...exampleCosignature(example, exampleProposal(example, [{ task, observations }], 2), 0),
      }),
    ]);
    expect(aggregator.decisions('COSIGNATURES')).toHaveLength(decided);
    hear(aggregator, 'PROPOSALS', [proposed, { ...proposed, sequence: 2 }]);
    expect(aggregator.decisions('COSIGNATURES')).toHaveLength(decided + 1);
  });

  it('comes after twice as long each time, and not while nothing waits for words', () => {
    const aggregator = aggregatorWithLostWords();
    for (let times = 1; times <= 20; times++) {
      aggregator.until(handedInMs + times * tuning.rereadAfterMs);
      hear(aggregator, 'OBSERVATIONS', observed.slice(-1));
      hear(aggregator, 'PROPOSALS', [proposed]);
      hear(aggregator, 'COSIGNATURES', cosigned.slice(-1));
    }
    // After 1, 2, 4 and 8 times the first wait.
    expect(rereads(aggregator)).toHaveLength(4 * 3);
    const idle = aggregatorWithTask();
    idle.until(handedInMs + 2 * tuning.rereadAfterMs);
    expect(rereads(idle)).toEqual([]);
  });

  it('counts observations of an overdue task that were refused because the bus hid the task', () => {
    const aggregator = new TestAggregator(example);
    aggregator.nowMs = handedInMs;
    aggregator.start();
    for (const one of observed) {
      hear(aggregator, 'OBSERVATIONS', [one]);
      const [question] = aggregator.all('ask').slice(-1);
      aggregator.take({
        kind: 'answer',
        answer: { id: question?.question.id ?? '', about: 'task', taskId: task.taskId },
      });
    }
    aggregator.task(task);
    expect(new Set(aggregator.decisions('OBSERVATIONS'))).toEqual(new Set(['unknown-task']));
    aggregator.until(handedInMs + example.policy.deadlineMs + 2 * tuning.rereadAfterMs);
    // Nothing was read of the other streams, so nothing is read again there.
    expect(rereads(aggregator)).toEqual([`OBSERVATIONS ${handedInMs}`]);
    hear(aggregator, 'OBSERVATIONS', observed);
    expect(new Set(aggregator.decisions('OBSERVATIONS').slice(-observed.length))).toEqual(new Set(['counted']));
    aggregator.until(aggregator.nowMs + 1_000);
    expect(aggregator.all('propose')).not.toEqual([]);
  });

  it('is put off while more would be read again than twice what comes in', () => {
    const aggregator = aggregatorWithLostWords();
    aggregator.books.rereading.spentUntilMs = 600_000;
    aggregator.until(1_100_000);
    expect(rereads(aggregator)).toEqual([]);
    aggregator.until(1_200_000 + tuning.rereadPollMs);
    expect(rereads(aggregator)).toHaveLength(3);
  });

  it('leaves no second dead letter for what is refused again', () => {
    const aggregator = aggregatorWithLostWords();
    const noise = { ...message(5, cosigned[0]?.subject ?? '', { not: 'a cosignature' }) };
    hear(aggregator, 'COSIGNATURES', [noise]);
    aggregator.until(handedInMs + tuning.rereadAfterMs + 2 * tuning.rereadPollMs);
    hear(aggregator, 'COSIGNATURES', [noise]);
    const kinds = aggregator
      .all('handled')
      .filter(({ sequence, stream }) => stream === 'COSIGNATURES' && sequence === 5);
    expect(kinds.map(({ decision }) => decision.kind)).toEqual(['reject', 'ignore']);
  });
});
