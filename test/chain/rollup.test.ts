/**
 * Posting, finality, epochs, gas and costs on a chain that answers as a rollup does: several transactions in a block
 * besides one that nobody sent, `finalized` far behind, and a fee for the data on Ethereum beside the gas.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { memoryBus } from '@assay/adapters/memory/memory-bus';
import { systemClock } from '@assay/adapters/process/system-clock';
import { watch } from '@assay/aggregation/finality-watch';
import { postTransactionBytes } from '@assay/cli/cost/estimate';
import { validatorRegistryAbi } from '@assay/contracts/generated/validator-registry';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { TransactionEvent } from '@assay/protocol/ports';
import { createPublicClient, encodeFunctionData, http, numberToHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { assayProgram } from '../integration/assay-program.ts';
import { eventually } from '../integration/eventually.ts';
import { startTestChain, type TestChain } from './certified-batches.ts';
import { rpc } from './faulty-rpc.ts';
import { l1FeeUpperBound, l1Fields, type RollupRpc, startRollupRpc } from './rollup-rpc.ts';
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
  rollup.l1BaseFee = BigInt(l1Fields.l1GasPrice);
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

it('waits for funds where they are enough for the gas and not for the data', { timeout: slow }, async () => {
  const waits: unknown[] = [];
  const key = anvilAccountKey(6);
  const { address } = privateKeyToAccount(key);
  const ether = 10n ** 18n;
  // About 13 ether for the data of a post: far more than its gas costs.
  rollup.l1BaseFee = 10n ** 18n;
  await rpc(on.server.url, 'anvil_setBalance', [address, numberToHex(ether)]);
  const { fields, certificate } = on.certified();
  const onEvent = (event: TransactionEvent) => event.kind === 'waits' && waits.push(event.why);
  const posting = on.connect(rollup.url, key, { onEvent }).post(fields, certificate);
  await eventually('it to say so', () => waits.length > 0);
  expect(waits).toEqual(['funds']);
  const counted = await rpc<Hex>(on.server.url, 'eth_getTransactionCount', [address, 'pending']);
  expect(Number(counted)).toBe(0);
  await rpc(on.server.url, 'anvil_setBalance', [address, numberToHex(100n * ether)]);
  expect((await posting).status).toBe('posted');
});

it('states the fee for data in assay cost, by the chain’s own account', { timeout: slow }, async () => {
  const base = await startRollupRpc(on.server.url);
  base.chainId = 8_453;
  const asked = ['--verdicts-per-day', '30000', '--batch', '100', '--coin-price', '3000', '--rpc', base.url, '--json'];
  try {
    const words = [...assayProgram(), 'cost', '--chain', 'base', ...asked];
    const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: slow });
    const { items, dataPriceGwei, gasPriceGwei } = JSON.parse(stdout);
    const size = BigInt(postTransactionBytes);
    const wanted = Number(l1FeeUpperBound(size, base.l1BaseFee)) / postTransactionBytes / 1e9;
    expect(dataPriceGwei).toBeCloseTo(wanted, 9);
    expect(gasPriceGwei).toBeGreaterThan(0);
    const data = items.find(({ item }: { item: string }) => item === 'data on Ethereum');
    const [, bytes = ''] = /^3,000 posts × ([\d,]+) bytes$/.exec(data.of) ?? [];
    expect(data.coins).toBeCloseTo((3_000 * Number(bytes.replace(',', '')) * wanted) / 1e9, 9);
  } finally {
    await base.close();
  }
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
