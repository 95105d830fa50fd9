/** What a month of operating a network costs, from figures that were measured. Pure. */
import type { CertificateScheme } from '@assay/protocol/network/validator-set';
import type { FeeModel } from '../install/chain-presets.ts';

/** A month, as bills have it. */
const monthDays = 30;
const dayHours = 24;
const daySeconds = 86_400;
/** Replicas are sized for this share of their rate, as in docs/operate.md. */
const utilization = 0.7;
/** Bytes of a call to `post` without its certificate: selector, five words, the certificate's length, and padding. */
const postBytes = 4 + 6 * 32 + 16;
/** Signature, nonce, fees and addresses of a transaction. */
const envelopeBytes = 115;
/** A usual post: a certificate of 16 ECDSA signers. */
export const postTransactionBytes = postBytes + envelopeBytes + 16 + 16 * 64;
const kib = 1_024;
const gb = 1e9;
const weekDays = 7;

/** Gas as `assay bench gas` measured it, of one fork. */
export interface GasRecord {
  readonly posts: readonly {
    readonly scheme: CertificateScheme;
    readonly operators: number;
    readonly certificateBytes: number;
    readonly gas: number;
  }[];
  readonly epochs: readonly { readonly scheme: CertificateScheme; readonly operators: number; readonly gas: number }[];
}

/** What is asked. Prices are in the currency of `coinPrice`. */
export interface CostQuestion {
  readonly verdictsPerDay: number;
  readonly submissions: number;
  /** Reports that a batch has on average. */
  readonly batch: number;
  readonly epochHours: number;
  readonly operators: number;
  readonly scheme: CertificateScheme;
  readonly feeModel: FeeModel;
  readonly gasPriceGwei: number;
  /** Fee for a byte on Ethereum; 0 where the chain takes none. */
  readonly dataPriceGwei: number;
  readonly coinPrice: number;
  /** Tasks a second of a replica of the slowest role. */
  readonly taskRate: number;
  /** The busiest hour, as a multiple of the mean. */
  readonly peak: number;
  readonly replicaPrice: number;
  readonly aggregators: number;
  readonly taskBytes: number;
  readonly storagePrice: number;
}

/** One line of the table. */
export interface CostItem {
  readonly item: string;
  /** Who pays it: the network as a whole, or each operator for itself. */
  readonly payer: 'network' | 'operator';
  /** How the amount comes about. */
  readonly of: string;
  readonly coins: number;
  readonly cost: number;
}

/** The month. */
export interface CostEstimate {
  readonly items: readonly CostItem[];
  readonly perMonth: { readonly network: number; readonly operator: number };
  /** All of the chain's items, for one verdict. */
  readonly chainPerVerdict: number;
  /** Seconds until a batch has so many reports at the mean rate: BATCH_WAIT_MS must be as long. */
  readonly batchFillSeconds: number;
}

/** The estimate. Throws a {@link RangeError} for a number of operators that was not measured. */
export function estimateCost(record: GasRecord, question: CostQuestion): CostEstimate {
  const { batch, coinPrice, verdictsPerDay, submissions } = question;
  const tasksPerDay = verdictsPerDay / submissions;
  const post = between(record.posts, question);
  const posts = Math.ceil((tasksPerDay * monthDays) / batch);
  const starts = Math.ceil((monthDays * dayHours) / question.epochHours);
  const items = [
    chainItem('posting', question, posts, post.gas, 'posts'),
    chainItem('epoch starts', question, starts, between(record.epochs, question).gas, 'starts'),
    ...dataItem(question, posts, post.certificateBytes),
    ...machineItems(question, tasksPerDay),
    storageItem(question, tasksPerDay),
  ];
  const costOf = (payer: CostItem['payer']) =>
    items.filter((one) => one.payer === payer).reduce((sum, { cost }) => sum + cost, 0);
  const chain = items.reduce((sum, { coins }) => sum + coins, 0) * coinPrice;
  return {
    items,
    perMonth: { network: costOf('network'), operator: costOf('operator') },
    chainPerVerdict: chain / (verdictsPerDay * monthDays),
    batchFillSeconds: (batch * daySeconds) / tasksPerDay,
  };
}

/** The kind of certificate whose posts cost less with so many operators of equal weight; the larger sets are as the largest. */
export function cheaperScheme(record: GasRecord, operators: number): CertificateScheme {
  const most = Math.max(...record.posts.map((one) => one.operators));
  const gasOf = (scheme: CertificateScheme) =>
    between(record.posts, { scheme, operators: Math.min(operators, most) }).gas;
  return gasOf('bls') < gasOf('ecdsa') ? 'bls' : 'ecdsa';
}

function chainItem(
  item: string,
  { gasPriceGwei, coinPrice }: CostQuestion,
  times: number,
  gas: number,
  what: string,
): CostItem {
  const coins = (times * gas * gasPriceGwei) / 1e9;
  const of = `${count(times)} ${what} × ${count(Math.round(gas))} gas`;
  return { item, payer: 'network', of, coins, cost: coins * coinPrice };
}

/** The fee for the data on Ethereum, where a rollup takes one. Signatures do not compress, so every byte counts. */
function dataItem(question: CostQuestion, posts: number, certificateBytes: number): CostItem[] {
  if (question.feeModel === 'eip-1559') return [];
  const bytes = postBytes + envelopeBytes + certificateBytes;
  const coins = (posts * bytes * question.dataPriceGwei) / 1e9;
  const of = `${count(posts)} posts × ${count(Math.round(bytes))} bytes`;
  return [{ item: 'data on Ethereum', payer: 'network', of, coins, cost: coins * question.coinPrice }];
}

function machineItems(question: CostQuestion, tasksPerDay: number): CostItem[] {
  const peakRate = (tasksPerDay / daySeconds) * question.peak;
  const validators = 3 * Math.max(1, Math.ceil(peakRate / (question.taskRate * utilization)));
  const of = (replicas: number, what: string) => `${count(replicas)} ${what}`;
  const item = (name: string, payer: CostItem['payer'], replicas: number, what: string): CostItem => ({
    item: name,
    payer,
    of: of(replicas, what),
    coins: 0,
    cost: replicas * question.replicaPrice,
  });
  return [
    item('validators', 'operator', validators, 'replicas of three roles'),
    item('aggregators', 'network', question.aggregators, 'replicas'),
  ];
}

/** Seven days of tasks and observations, on each of three servers (docs/operate.md, Capacity). */
function storageItem(question: CostQuestion, tasksPerDay: number): CostItem {
  const perTask = question.taskBytes + kib * 3 * question.operators;
  const bytes = 3 * perTask * tasksPerDay * weekDays * 1.1;
  const size = bytes / gb;
  return {
    item: 'storage of NATS',
    payer: 'network',
    of: `${count(Number(size.toPrecision(3)))} GB on three servers`,
    coins: 0,
    cost: size * question.storagePrice,
  };
}

/** The figures for a number of operators, on the line between the two measured ones around it. */
function between<T extends { readonly scheme: CertificateScheme; readonly operators: number; readonly gas: number }>(
  measured: readonly T[],
  { scheme, operators }: Pick<CostQuestion, 'scheme' | 'operators'>,
): T & { readonly certificateBytes: number } {
  const rows = measured.filter((one) => one.scheme === scheme).sort((a, b) => a.operators - b.operators);
  const above = rows.find((one) => one.operators >= operators);
  const below = rows.findLast((one) => one.operators <= operators) ?? rows[0];
  if (above === undefined || below === undefined)
    throw new RangeError(
      `${operators} operators with ${scheme} were not measured; the most is ${rows.at(-1)?.operators}.`,
    );
  const bytesOf = (row: T) => Number(Reflect.get(row, 'certificateBytes') ?? 0);
  const share = above === below ? 0 : (operators - below.operators) / (above.operators - below.operators);
  const mix = (from: number, to: number) => from + (to - from) * Math.max(0, share);
  return { ...below, gas: mix(below.gas, above.gas), certificateBytes: mix(bytesOf(below), bytesOf(above)) };
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
