/** Gas of a call to the hub from another contract, without a transaction of its own. */
import { assayHubAbi } from '@assay/contracts/generated/assay-hub';
import { validatorRegistryAbi } from '@assay/contracts/generated/validator-registry';
import type { ReportFields } from '@assay/protocol/batch/batch';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { encodeFunctionData } from 'viem';
import { asked, evmClient } from './client.ts';

const wordDigits = 64;

/**
 * Gas that a contract pays to call `verifyReport` on a hub that its transaction has not touched before. Measured with a
 * contract made for this purpose, because a transaction's estimate would include its calldata. Throws if the hub does
 * not find the report.
 */
export async function verifyReportGas(
  rpcUrl: string,
  hub: Hex,
  batch: { readonly epoch: number; readonly sequence: number },
  report: ReportFields,
  proof: readonly Hex[],
): Promise<number> {
  const question = encodeFunctionData({
    abi: assayHubAbi,
    functionName: 'verifyReport',
    args: [BigInt(batch.epoch), BigInt(batch.sequence), report, [...proof]],
  });
  const { data } = await asked('the gas of verifyReport', () =>
    evmClient(rpcUrl).call({ data: meterOf(hub, question) }),
  );
  const words = data?.slice(2) ?? '';
  if (words.length !== 2 * wordDigits || BigInt(`0x${words.slice(0, wordDigits)}`) !== 1n)
    throw new Error(`The hub ${hub} does not find the report in batch ${batch.epoch}-${batch.sequence}.`);
  return Number(`0x${words.slice(wordDigits)}`);
}

/** Gas of the transaction that started the newest epoch. */
export async function epochStartGas(rpcUrl: string, registry: Hex): Promise<number> {
  const client = evmClient(rpcUrl);
  return asked('the gas of an epoch', async () => {
    const found = { address: registry, abi: validatorRegistryAbi, eventName: 'EpochStarted', fromBlock: 0n } as const;
    const start = (await client.getContractEvents(found)).at(-1);
    if (start === undefined) throw new Error(`The registry ${registry} has started no epoch.`);
    const { gasUsed } = await client.getTransactionReceipt({ hash: start.transactionHash });
    return Number(gasUsed);
  });
}

/** Code that calls a contract and returns two words: the contract's answer, and the gas that the call took. */
function meterOf(target: Hex, question: Hex): Hex {
  const length = ((question.length - 2) / 2).toString(16).padStart(4, '0');
  // Copies the call data into memory: PUSH2 length, DUP1, PUSH1 its offset in this code, PUSH0, CODECOPY.
  const copy = `61${length}8060305f39`;
  // GAS, offset and size of the return data, offset and size of the call data, target, GAS, STATICCALL, POP.
  const call = `5a60205f835f73${target.slice(2)}5afa50`;
  // GAS, SWAP1, SUB, into the second word; both are returned.
  const answer = '5a900360205260405ff3';
  return `0x${copy}${call}${answer}${question.slice(2)}`;
}
