import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { exampleNetwork } from '@assay/protocol/network/example-network';
import { configDigest, loadNetwork } from '@assay/protocol/network/validator-set';
import { describe, expect, it } from 'vitest';
import { accept, codeOf } from '../loop/outcome.ts';
import { Epochs } from '../service/epochs.ts';
import { heardTelemetry, messageOn, validatorOf } from './ports.fixture.ts';
import { ValidatorEpochs } from './validator-epochs.ts';

const example = exampleNetwork();
const { operators, policy } = example;
const [stays, leaves] = operators;
const graceMs = 10_000;

/** An operator while two epochs count: one operator leaves with the second, at 5,000 ms. */
async function operatorOf(operator: string) {
  const asked: number[] = [];
  let started = 2;
  const networkOf = (epoch: number) => {
    const left = epoch === 2 ? leaves?.address : undefined;
    const members = example.network.members.filter((member) => member.operator !== left);
    return loadNetwork({ ...example.network, epoch, members });
  };
  const chain = {
    epochStart: async (epoch = started) => ({
      epoch,
      startedAtMs: epoch === 2 ? 0 : -100_000,
      graceMs,
      configDigest: configDigest(networkOf(epoch)),
    }),
    network: async (epoch?: number) => {
      asked.push(epoch ?? 0);
      return networkOf(epoch ?? started);
    },
  };
  const clock = { nowMs: () => 1, sleep: async () => undefined };
  const policies = new Map([[policy.name, policy]]);
  const viewOf = (network: typeof example.network) => ({ network, policies });
  const epochs = await Epochs.read({ chain, clock, telemetry: heardTelemetry(), viewOf });
  const validator = new ValidatorEpochs(epochs, operator, async (view) => validatorOf(example, { view }));
  const handle = async ({ view }: { view: { network: { epoch: number } } }) => accept(`epoch ${view.network.epoch}`);
  return {
    asked,
    startEpoch: (epoch: number) => {
      started = epoch;
    },
    task: async (timestampMs: number) =>
      codeOf(await validator.ofTask(messageOn(subjects.task('0x01'), new Uint8Array(), 1, timestampMs), handle)),
    proposal: async (subject: string, body: unknown = {}) =>
      codeOf(await validator.ofProposal(messageOn(subject, encodeMessage(body)), handle)),
  };
}

describe('a validator in two epochs', () => {
  it('observes a task in the epoch that takes it', async () => {
    const { task } = await operatorOf(stays?.address ?? '');
    expect(await task(4_999)).toBe('epoch 1');
    expect(await task(5_000)).toBe('epoch 2');
  });

  it('leaves the tasks of an epoch alone in which its operator is no member', async () => {
    const { task } = await operatorOf(leaves?.address ?? '');
    expect(await task(4_999)).toBe('epoch 1');
    expect(await task(5_000)).toBe('not-a-member');
  });

  it('cosigns in the epoch that a proposal names, and answers in the one that a question names', async () => {
    const { proposal } = await operatorOf(stays?.address ?? '');
    expect(await proposal(subjects.proposal(batchIdOf(1, 8)))).toBe('epoch 1');
    expect(await proposal(subjects.proposal(batchIdOf(2, 9)))).toBe('epoch 2');
    expect(await proposal(subjects.overdue, { epoch: 1, overdue: [`0x${'01'.repeat(32)}`] })).toBe('epoch 1');
    expect(await proposal(subjects.overdue, { epoch: 'first' })).toBe('malformed');
    expect(await proposal('assay.v1.proposals.noise')).toBe('wrong-subject');
  });

  it('asks the chain before it refuses the next epoch, and not for any other', async () => {
    const { proposal, startEpoch, asked } = await operatorOf(stays?.address ?? '');
    expect(await proposal(subjects.proposal(batchIdOf(3, 9)))).toBe('wrong-epoch');
    expect(await proposal(subjects.proposal(batchIdOf(99, 9)))).toBe('wrong-epoch');
    expect(await proposal(subjects.proposal(batchIdOf(0, 9)))).toBe('epoch-over');
    startEpoch(3);
    expect(await proposal(subjects.proposal(batchIdOf(3, 9)))).toBe('epoch 3');
    expect(asked).toEqual([1, 2, 3]);
  });
});
