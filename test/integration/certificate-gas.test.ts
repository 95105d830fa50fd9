/**
 * Certificates of both kinds on a real chain, made by the protocol and posted by the adapters: accepted, with their
 * gas.
 */
import { epochStartGas, verifyReportGas } from '@assay/adapters/evm/gas';
import { type ServerProcess, startAnvil } from '@assay/adapters/process/server-programs';
import { gasNetwork, postForGas } from '@assay/bench/gas/gas-network';
import { gasRecord } from '@assay/cli/cost/gas-record';
import { afterAll, beforeAll, expect, it } from 'vitest';

const slow = 90_000;
let server: ServerProcess;

beforeAll(async () => {
  server = await startAnvil({ blockTimeSeconds: 0.1 });
}, slow);

afterAll(() => server.stop());

it('accepts a certificate of 8 of 11 ECDSA signers for at most 94,000 gas', { timeout: slow }, async () => {
  const on = await gasNetwork(server.url, 'ecdsa', 11);
  const first = await postForGas(on, 1, 256);
  expect(first.signers).toBe(8);
  const isUsual = ({ scheme, operators }: { scheme: string; operators: number }) =>
    scheme === 'ecdsa' && operators === 11;
  const recorded = gasRecord.posts.find(isUsual)?.gas ?? 0;
  expect(Math.abs(first.gas - recorded)).toBeLessThan(recorded * 0.01);
  const epoch = gasRecord.epochs.find(isUsual)?.gas ?? 0;
  const started = await epochStartGas(server.url, on.deployed.registry);
  expect(Math.abs(started - epoch)).toBeLessThan(epoch * 0.01);
  const next = await postForGas(on, 2, 256);
  expect(Math.max(first.gas, next.gas)).toBeLessThanOrEqual(94_000);
  const all = await postForGas(on, 3, 256, { all: true });
  expect(all.signers).toBe(11);
  expect(all.gas).toBeLessThanOrEqual(108_000);
});

it('accepts a BLS certificate for at most 180,000 gas, and 2,700 for each non-signer', { timeout: slow }, async () => {
  const on = await gasNetwork(server.url, 'bls', 12);
  const all = await postForGas(on, 1, 1024);
  expect(all.gas).toBeLessThanOrEqual(180_000);
  const without = await postForGas(on, 2, 16, { missing: 10 });
  expect(without.gas).toBeLessThanOrEqual(all.gas + 10 * 2_700);
  expect(await on.chain.highestSequence(1)).toBe(2);
  const proof = await verifyReportGas(server.url, on.deployed.hub, all.batch, all.report, all.proof);
  expect(proof).toBeLessThanOrEqual(10_000);
  await expect(verifyReportGas(server.url, on.deployed.hub, without.batch, all.report, all.proof)).rejects.toThrow(
    /does not find/,
  );
});
