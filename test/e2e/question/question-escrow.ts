/** The example escrow on the chain of a network: paid in for a question before anyone has answered it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { contractsFolder, runForge } from '@assay/contracts/forge';
import { assayHubAbi } from '@assay/contracts/generated/assay-hub';
import { stakeTokenAbi, stakeTokenBytecode } from '@assay/contracts/generated/stake-token';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { type CertifiedReport, reportFieldsOf } from '@assay/protocol/report/certified-report';
import { type Abi, createWalletClient, http, publicActions } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import type { WatchedNetwork } from '../watched-network.ts';

export const offered = 1_000n;

/** The escrow, as its one payer uses it. */
export interface Escrow {
  offer(questionId: Hex, miner: Hex, policyDigest: Hex): Promise<void>;
  /** Settles the report at the hub, once. */
  settle(report: CertifiedReport): Promise<void>;
  /** Rejects with the contract's error. */
  pay(questionId: Hex, submissionsDigest: Hex, report: CertifiedReport): Promise<void>;
  balanceOf(owner: Hex): Promise<bigint>;
}

/** Compiles the example and deploys it with a token of its own; the payer is anvil's account of this index. */
export async function deployEscrow({ rpcUrl, contracts }: WatchedNetwork, payer: number): Promise<Escrow> {
  const account = privateKeyToAccount(anvilAccountKey(payer));
  const client = createWalletClient({
    account,
    chain: foundry,
    transport: http(rpcUrl),
    pollingInterval: 50,
  }).extend(publicActions);
  const mined = async (hash: Hex) => {
    const receipt = await client.waitForTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new Error(`Transaction ${hash} was reverted.`);
    return receipt;
  };
  const deploy = async (abi: Abi, bytecode: Hex, args: readonly unknown[]): Promise<Hex> => {
    const { contractAddress } = await mined(await client.deployContract({ abi, bytecode, args }));
    if (!contractAddress) throw new Error('The chain names no address of the new contract.');
    return contractAddress;
  };
  const { abi, bytecode } = await compiled();
  const token = await deploy(stakeTokenAbi as Abi, stakeTokenBytecode, [account.address, 10n * offered]);
  const escrow = await deploy(abi, bytecode, [contracts.hub, token]);
  const call = async (address: Hex, of: Abi, functionName: string, args: readonly unknown[]) => {
    const { request } = await client.simulateContract({ address, abi: of, functionName, args, account });
    await mined(await client.writeContract(request));
  };
  await call(token, stakeTokenAbi as Abi, 'approve', [escrow, 10n * offered]);
  return {
    offer: (questionId, miner, policyDigest) =>
      call(escrow, abi, 'offer', [questionId, miner, policyDigest, offered, 2 ** 40]),
    settle: ({ epoch, sequence, proof, ...report }) =>
      call(contracts.hub, assayHubAbi as Abi, 'settle', [
        epoch,
        sequence,
        reportFieldsOf({ epoch, sequence, proof, ...report }),
        proof,
      ]),
    pay: (questionId, submissionsDigest, report) =>
      call(escrow, abi, 'payForQuestion', [account.address, questionId, submissionsDigest, reportFieldsOf(report)]),
    balanceOf: (owner) =>
      client.readContract({ address: token, abi: stakeTokenAbi, functionName: 'balanceOf', args: [owner] }),
  };
}

/** Compiled beside the example's own tests, which may run meanwhile. */
async function compiled(): Promise<{ readonly abi: Abi; readonly bytecode: Hex }> {
  const place = join(contractsFolder, '../../.assay/escrow');
  const places = ['--out', join(place, 'out'), '--cache-path', join(place, 'cache')];
  const example = join(contractsFolder, '../../examples/payment-on-verdict');
  const run = runForge(['build', 'AcceptedWorkPayment.sol', '--deny', 'never', ...places], 300_000, example);
  if (run.status !== 0) throw new Error(run.output);
  const file = join(place, 'out/AcceptedWorkPayment.sol/AcceptedWorkPayment.json');
  const artifact = JSON.parse(await readFile(file, 'utf8'));
  return { abi: artifact.abi, bytecode: artifact.bytecode.object };
}
