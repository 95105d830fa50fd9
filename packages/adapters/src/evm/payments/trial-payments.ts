/** VerdictPayments on a trial chain, with a token of its own that is worth nothing. */
import { trialDollarAbi, trialDollarBytecode } from '@assay/contracts/generated/trial-dollar';
import { verdictPaymentsAbi, verdictPaymentsBytecode } from '@assay/contracts/generated/verdict-payments';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { tuning } from '@assay/protocol/tuning';
import { createWalletClient, type DeployContractParameters, publicActions } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { evmTransport } from '../endpoints.ts';

/** A million trial dollars, which have six decimals. */
const supply = 10n ** 12n;
const pollMs = 100;

/** Deploys both; `holder` gets all the dollars. */
export async function deployTrialPayments(options: {
  readonly rpcUrl: string;
  readonly deployerKey: Hex;
  readonly hub: Hex;
  readonly holder: Hex;
}): Promise<{ readonly payments: Hex; readonly token: Hex }> {
  const account = privateKeyToAccount(options.deployerKey);
  const client = createWalletClient({ account, transport: evmTransport(options.rpcUrl) }).extend(publicActions);
  const create = async (contract: Pick<DeployContractParameters, 'abi' | 'bytecode' | 'args'>) => {
    const hash = await client.deployContract({ ...contract, chain: null, account });
    const receipt = await client.waitForTransactionReceipt({
      hash,
      timeout: tuning.receiptTimeoutMs,
      pollingInterval: pollMs,
    });
    const { contractAddress, status } = receipt;
    if (status !== 'success' || contractAddress === null || contractAddress === undefined)
      throw new Error(`Transaction ${hash} created no contract.`);
    return contractAddress.toLowerCase() as Hex;
  };
  const token = await create({ abi: trialDollarAbi, bytecode: trialDollarBytecode, args: [options.holder, supply] });
  const payments = await create({
    abi: verdictPaymentsAbi,
    bytecode: verdictPaymentsBytecode,
    args: [options.hub, token],
  });
  return { payments, token };
}
