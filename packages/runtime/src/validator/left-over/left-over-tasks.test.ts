import { checkProposal, type Proposal } from '@assay/protocol/batch/proposal';
import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import {
  exampleNetwork,
  exampleObservations,
  exampleProposal,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { loadNetwork } from '@assay/protocol/network/validator-set';
import type { BusMessage, EndedBatch } from '@assay/protocol/ports';
import type { Task } from '@assay/protocol/task/task';
import { beforeEach, describe, expect, it } from 'vitest';
import { messageOn, shelfBus, shelfJournal } from '../ports.fixture.ts';
import { claimInJournal } from '../signing-record.ts';
import { LeftOverTasks } from './left-over-tasks.ts';

const example = exampleNetwork();
const { network, policy } = example;
const policies = new Map([[policy.name, policy]]);
const next = { network: loadNetwork({ ...network, epoch: network.epoch + 1 }), policies };
const takesOver = { fromMs: 1_000, untilMs: 50_000, endedMs: 70_000, countsFromMs: 90_000 };
const [certified, left] = ['certified', 'left over'].map(
  (reference) => exampleTask({ reference, outputs: ['one'] }).task,
);
if (certified === undefined || left === undefined) throw new Error('There are two tasks.');
const proposal = exampleProposal(example, [{ task: certified, observations: exampleObservations(example, certified) }]);
const batch: EndedBatch = { sequence: 1, root: proposal.root, count: 1 };

/** What the log of proposals shows. */
let log: BusMessage | undefined;
let bus: ReturnType<typeof shelfBus>;
let journal: ReturnType<typeof shelfJournal>;
let nowMs: number;
let onChain: EndedBatch[] | undefined;
let asked: number;

beforeEach(async () => {
  journal = shelfJournal();
  nowMs = takesOver.countsFromMs;
  onChain = [batch];
  asked = 0;
  log = proposalMessage(proposal);
  const shelf = shelfBus();
  bus = {
    ...shelf,
    next: async (stream, subject, after) => (stream === 'PROPOSALS' ? log : shelf.next(stream, subject, after)),
  };
  for (const task of [certified, left]) await bus.publish(subjects.task(task.taskId), encodeMessage(task));
});

function leftOverTasks(): LeftOverTasks {
  return new LeftOverTasks({
    bus,
    journal,
    finality: 1,
    view: { ...next, takesOver },
    clock: { nowMs: () => nowMs, sleep: async () => undefined },
    viewOf: (epoch) => (epoch === network.epoch ? { network, policies } : undefined),
    chain: {
      endedBatches: async () => {
        asked++;
        return onChain;
      },
      postedBatch: async (_epoch, sequence) => {
        const posted = onChain?.find((one) => one.sequence === sequence);
        const facts = {
          transactionHash: '0x',
          blockNumber: 1,
          gasUsed: 1,
          transmitter: '0x',
          confirmations: 1,
        } as const;
        return posted === undefined ? undefined : { ...posted, ...facts };
      },
    },
  });
}

const proposalMessage = (one: Proposal) =>
  messageOn(subjects.proposal(batchIdOf(network.epoch, 1)), encodeMessage(one));
const taskMessage = ({ taskId }: Task, timestampMs = 10_000) =>
  messageOn(subjects.task(taskId), new Uint8Array(), 2, timestampMs);

describe('the tasks that an epoch has left over', () => {
  it('are those that no batch of it on chain certifies, counted from the moment when they are taken over', async () => {
    const tasks = leftOverTasks();
    const found = await tasks.find(taskMessage(left));
    expect(found).toMatchObject({ ok: true, value: { timestampMs: takesOver.countsFromMs } });
    expect(await tasks.find(taskMessage(certified))).toMatchObject({ ok: false, refusal: { code: 'not-left-over' } });
    expect(asked).toBe(1);
  });

  it.each([
    [takesOver.fromMs - 1, 'before the epoch'],
    [takesOver.untilMs, 'after it'],
  ])('are not those that TASKS took at %i, %s', async (timestampMs) => {
    const found = await leftOverTasks().find(taskMessage(left, timestampMs));
    expect(found).toMatchObject({ ok: false, refusal: { code: 'not-left-over' } });
    expect(asked).toBe(0);
  });

  it('are not known before the chain is final, which is not asked again at once', async () => {
    const tasks = leftOverTasks();
    const unsettled = { ok: false, refusal: { code: 'epoch-not-settled' } };
    nowMs = takesOver.countsFromMs - 1;
    expect(await tasks.find(taskMessage(left))).toMatchObject(unsettled);
    nowMs = takesOver.countsFromMs;
    onChain = undefined;
    expect(await tasks.find(taskMessage(left))).toMatchObject(unsettled);
    expect(await tasks.find(taskMessage(left))).toMatchObject(unsettled);
    expect(asked).toBe(1);
    onChain = [batch];
    nowMs += 600_000;
    expect((await tasks.find(taskMessage(left))).ok).toBe(true);
  });

  it('are not known while the log hides, or shows a forged, proposal of a batch on chain; then they are', async () => {
    const tasks = leftOverTasks();
    const unexplained = { ok: false, refusal: { code: 'batch-unexplained' } };
    log = undefined;
    expect(await tasks.find(taskMessage(left))).toMatchObject(unexplained);
    log = proposalMessage({ ...proposal, entries: [{ taskId: left.taskId, observations: [] }] });
    expect(await tasks.find(taskMessage(certified))).toMatchObject(unexplained);
    log = proposalMessage(proposal);
    expect((await tasks.find(taskMessage(left))).ok).toBe(true);
  });

  it('are never those that the operator claimed for a batch on chain, whatever the log shows', async () => {
    const { root } = await claim(left, 3);
    onChain = [{ sequence: 3, root, count: 1 }];
    const found = await leftOverTasks().find(taskMessage(left));
    expect(found).toMatchObject({ ok: false, refusal: { code: 'not-left-over' } });
  });

  it('may be those that it claimed for a batch that is not on chain', async () => {
    await claim(left, 3);
    expect((await leftOverTasks().find(taskMessage(left))).ok).toBe(true);
  });
});

/** Notes in the journal that the operator has cosigned a task in a batch of its own. */
async function claim(task: Task, sequence: number): Promise<Proposal> {
  const claimed = exampleProposal(example, [{ task, observations: exampleObservations(example, task) }], sequence);
  const known = new Map([[task.taskId, { task, policy, deadlineMs: 0 }]]);
  const checked = checkProposal(network, { tasks: known, timestampMs: 0 }, claimed);
  if (!checked.ok) throw new Error(checked.refusal.detail);
  expect((await claimInJournal(journal, checked.value)).ok).toBe(true);
  return claimed;
}
