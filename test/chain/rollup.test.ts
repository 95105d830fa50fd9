/**
 * Posting, finality, epochs and gas on a chain that answers as a rollup does: several transactions in a block besides
 * one that nobody sent, `finalized` far behind, and a fee for the data on Ethereum in receipts.
 */
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { memoryBus } from '@assay/adapters/memory/memory-bus';
import { systemClock } from '@assay/adapters/process/system-clock';
import { watch } from '@assay/aggregation/finality-watch';
import { validatorRegistryAbi } from '@assay/contracts/generated/validator-registry';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { createPublicClient, encodeFunctionData, http } from 'viem';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { eventually } from '../integration/eventually.ts';
import { startTestChain, type TestChain } from './certified-batches.ts';
import { rpc } from './faulty-rpc.ts';
import { l1Fields, type RollupRpc, startRollupRpc } from './rollup-rpc.ts';
import { watchingAggregator } from './watching-aggregator.ts';

const slow = 90_000;
const day = 24 * 3_600;
/** As far as an OP stack chain of 2 s blocks is behind Ethereum's finality, give or take. */
const far = 450;

let on: TestChain;
let rollup: RollupRpc;

beforeAll(async () => {
  on = await startTestChain(0.2);
  rollup = await startRollupRpc(on.server.url);
}, slow);
beforeEach(() => {
  rollup.behind = far;
});
afterAll(async () => {
  await rollup?.close();
  await on?.server.stop();
});

const connect = (account: number) => on.connect(rollup.url, anvilAccountKey(account));

it('posts batches of several transmitters in one block, and states their gas without the fee for data', {
  timeout: slow,
}, async () => {
  const batches = [on.certified(), on.certified(), on.certified()];
  await rpc(on.server.url, 'evm_setIntervalMining', [0]);
  const posting = batches.map(({ fields, certificate }, index) => connect(index + 1).post(fields, certificate));
  await eventually('three pending posts', async () => {
    const { pending } = await rpc<{ pending: Hex }>(on.server.url, 'txpool_status');
    return Number(pending) === batches.length;
  });
  await rpc(on.server.url, 'evm_mine');
  await rpc(on.server.url, 'evm_setIntervalMining', [1]);
  const outcomes = await Promise.all(posting);

  expect(outcomes.map(({ status }) => status)).toEqual(['posted', 'posted', 'posted']);
  const posted = outcomes.flatMap((outcome) => (outcome.status === 'posted' ? [outcome] : []));
  const blocks = new Set(posted.map(({ blockNumber }) => blockNumber));
  expect(blocks.size).toBe(1);
  const client = createPublicClient({ transport: http(rollup.url) });
  const block = await client.getBlock({ blockNumber: BigInt([...blocks][0] ?? 0) });
  expect(block.transactions.length).toBe(batches.length + 1);
  for (const [index, { transactionHash, gasUsed }] of posted.entries()) {
    const receipt = await rpc<Record<string, Hex>>(rollup.url, 'eth_getTransactionReceipt', [transactionHash]);
    expect(receipt).toMatchObject(l1Fields);
    expect(gasUsed).toBe(Number(receipt.gasUsed));
    const { epoch, sequence } = batches[index]?.fields ?? { epoch: 0, sequence: 0 };
    expect(await connect(9).postedBatch(epoch, sequence, 1)).toMatchObject({ transactionHash, gasUsed });
  }
});

it('counts a batch as final when the chain says so, and not by its depth', { timeout: slow }, async () => {
  const chain = connect(4);
  const one = watchingAggregator(on, memoryBus({ clock: systemClock }), chain, 'finalized');
  const { fields, certificate } = on.certified();
  await chain.post(fields, certificate);
  const { blockNumber } = await eventually('the batch in a block', () =>
    chain.postedBatch(fields.epoch, fields.sequence, 1),
  );
  watch(one.finality, { ...fields, certificate }, blockNumber);
  await rpc(on.server.url, 'anvil_mine', ['0x40']);
  expect(await chain.finalHeight(12)).toBeGreaterThan(blockNumber);
  expect(await chain.finalHeight('finalized')).toBeLessThan(blockNumber);
  const asked = rollup.finalizedAsked;
  await eventually('the watch to have looked after that', () => rollup.finalizedAsked >= asked + 2);
  expect(one.finality.watched.size).toBe(1);

  rollup.behind = 1;
  await eventually('the batch to be final', () => one.finality.watched.size === 0);
  expect(await chain.finalHeight('finalized')).toBeGreaterThanOrEqual(blockNumber);
  await one.stop();
});

it('starts epochs, takes the last one’s batches for its grace, and then no more', { timeout: slow }, async () => {
  const chain = connect(5);
  const inTime = on.certified();
  const late = on.certified();
  await rpc(on.server.url, 'evm_increaseTime', [day]);
  const data = encodeFunctionData({ abi: validatorRegistryAbi, functionName: 'startEpoch' });
  const [from] = await rpc<readonly Hex[]>(rollup.url, 'eth_accounts');
  await rpc(rollup.url, 'eth_sendTransaction', [{ from, to: on.deployed.registry, data }]);
  await eventually('epoch 2', async () => (await chain.network()).epoch === 2);
  const { graceMs, startedAtMs } = await chain.epochStart();
  const block = await createPublicClient({ transport: http(rollup.url) }).getBlock();
  expect(Math.abs(startedAtMs - Number(block.timestamp) * 1_000)).toBeLessThan(graceMs);
  expect((await chain.post(inTime.fields, inTime.certificate)).status).toBe('posted');

  await rpc(on.server.url, 'evm_increaseTime', [graceMs / 1_000]);
  await rpc(on.server.url, 'evm_mine');
  expect(await chain.post(late.fields, late.certificate)).toMatchObject({
    status: 'refused',
    code: 'EpochNotCheckable',
  });
});
