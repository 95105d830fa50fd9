/** `assay cost`: what a month of operating a network costs. */
import { readFees } from '@assay/adapters/evm/fees';
import type { CertificateScheme } from '@assay/protocol/network/validator-set';
import { tuning } from '@assay/protocol/tuning';
import { UsageError } from '../commands/usage-error.ts';
import { type ChainPreset, chainPresets } from '../install/chain-presets.ts';
import { counted, print, tableOf } from '../output/terminal.ts';
import { type CostEstimate, type CostQuestion, estimateCost, postTransactionBytes } from './estimate.ts';
import { gasRecord } from './gas-record.ts';

/** Options of `cost`: the question without what the chain decides. */
export interface CostCommand extends Omit<CostQuestion, 'scheme' | 'feeModel' | 'gasPriceGwei' | 'dataPriceGwei'> {
  /** Name of a preset. */
  readonly chain: string;
  readonly certificates: CertificateScheme;
  readonly rpc?: string;
  /** In gwei; read from the chain if absent. */
  readonly gasPrice?: number;
  readonly dataPrice?: number;
  readonly json: boolean;
}

const weiPerGwei = 1e9;
const batchWaitSecondsMax = tuning.batchWaitMsMax / 1_000;

/** Prints it. Returns the exit code. */
export async function costCommand({ json, chain, rpc, certificates, ...options }: CostCommand): Promise<number> {
  const preset = chainPresets.find(({ name }) => name === chain);
  if (preset === undefined) throw new UsageError(`There is no chain preset ${chain}.`);
  const prices = await pricesOf(preset, rpc, options);
  const question: CostQuestion = { ...options, ...prices, scheme: certificates, feeModel: preset.feeModel };
  const estimate = estimated(question);
  const { perMonth, chainPerVerdict, batchFillSeconds, items } = estimate;
  if (json) print(JSON.stringify({ chain, ...prices, items, perMonth, chainPerVerdict, batchFillSeconds }));
  else for (const line of costLines(preset.name, question, estimate)) print(line);
  return 0;
}

/** As given, or read from the chain. */
async function pricesOf(
  preset: ChainPreset,
  rpc: string | undefined,
  { gasPrice, dataPrice }: Pick<CostCommand, 'gasPrice' | 'dataPrice'>,
): Promise<Pick<CostQuestion, 'gasPriceGwei' | 'dataPriceGwei'>> {
  const isRollup = preset.feeModel !== 'eip-1559';
  if (rpc === undefined) {
    if (gasPrice === undefined || (isRollup && dataPrice === undefined))
      throw new UsageError(
        `Give --rpc, or --gas-price${isRollup ? ' and --data-price, because the chain takes a fee for data on Ethereum' : ''}.`,
      );
    return { gasPriceGwei: gasPrice, dataPriceGwei: dataPrice ?? 0 };
  }
  const fees = await readFees(rpc, preset.feeModel, postTransactionBytes);
  if (fees.chainId !== preset.chainId)
    throw new UsageError(`The RPC is of chain ${fees.chainId}, but ${preset.name} is ${preset.chainId}.`);
  return {
    gasPriceGwei: gasPrice ?? Number(fees.gasPriceWei) / weiPerGwei,
    dataPriceGwei: dataPrice ?? fees.dataPriceWei / weiPerGwei,
  };
}

function estimated(question: CostQuestion): CostEstimate {
  try {
    return estimateCost(gasRecord, question);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

/** The estimate in lines for people. */
export function costLines(name: string, question: CostQuestion, estimate: CostEstimate): string[] {
  const { items, perMonth, chainPerVerdict, batchFillSeconds } = estimate;
  const money = (value: number) =>
    value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const rows = items.map(({ item, payer, of, coins, cost }) => [
    item,
    payer === 'network' ? 'network' : 'each operator',
    of,
    coins === 0 ? '' : coins.toPrecision(4),
    money(cost),
  ]);
  return [
    `A month of ${counted(question.operators, 'operator')} on ${name}, ${question.scheme}, gas at ${question.gasPriceGwei} gwei:`,
    ...tableOf([['', 'paid by', 'of', 'coins', 'cost'], ...rows], [3, 4]),
    `The network: ${money(perMonth.network)}. Each operator: ${money(perMonth.operator)}. The chain, for a verdict: ${chainPerVerdict.toPrecision(3)}.`,
    `At the mean rate a batch of ${question.batch} is full after ${secondsText(batchFillSeconds)} s: ${
      batchFillSeconds <= batchWaitSecondsMax
        ? 'let BATCH_WAIT_MS be as long.'
        : `longer than BATCH_WAIT_MS may be (${batchWaitSecondsMax} s). Count with a smaller --batch.`
    }`,
  ];
}

/** Seconds with three digits, or whole ones: `6.64`, `332`, `66,355`. */
function secondsText(seconds: number): string {
  return seconds < 1_000 ? seconds.toPrecision(3) : Math.round(seconds).toLocaleString('en');
}
