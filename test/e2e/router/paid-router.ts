/** A Router that demands payments, and payers that are honest, or not. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { evmClient } from '@assay/adapters/evm/client';
import { deployTrialPayments } from '@assay/adapters/evm/payments/trial-payments';
import { networkFileOf } from '@assay/cli/network/network-file';
import { accounts } from '@assay/cli/network/network-keys';
import type { ServiceProcess } from '@assay/cli/network/service-process';
import { trialDollarAbi } from '@assay/contracts/generated/trial-dollar';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodePaymentRequiredHeader, encodePaymentSignatureHeader } from '@x402/core/http';
import type { PaymentRequirements } from '@x402/core/types';
import { ExactEvmScheme } from '@x402/evm/exact/client';
import { privateKeyToAccount } from 'viem/accounts';
import type { WatchedNetwork } from '../watched-network.ts';

/** Accounts 0 to 2 belong to the deployer, the oracle and the aggregator. */
export const payerKey = anvilAccountKey(9);
const strangerKey = anvilAccountKey(8);
export const operators = privateKeyToAccount(anvilAccountKey(7)).address;
export const price = { amount: 10_000n, fee: 500n } as const;

/** The Router, and what its accounts have. */
export interface PaidRouter {
  readonly service: ServiceProcess;
  readonly url: string;
  /** The token's address. */
  readonly token: Hex;
  balanceOf(address: string): Promise<bigint>;
}

/** Starts it with these miners beside the settings of another Router. */
export async function startPaidRouter(
  network: WatchedNetwork,
  environment: Readonly<Record<string, string>>,
  miners: readonly object[],
): Promise<PaidRouter> {
  const { rpcUrl, contracts, dir } = network;
  const deployerKey = anvilAccountKey(accounts.deployer);
  const holder = privateKeyToAccount(payerKey).address;
  const { payments, token } = await deployTrialPayments({ rpcUrl, deployerKey, hub: contracts.hub, holder });
  const [keyFile, minersFile] = [join(dir, 'collector.key'), join(dir, 'paid-miners.json')];
  await writeFile(keyFile, anvilAccountKey(6), { mode: 0o600 });
  await writeFile(minersFile, JSON.stringify(miners));
  const service = await network.start({
    service: 'router',
    name: 'paid-router',
    environment: {
      ...environment,
      MINERS_FILE: minersFile,
      PAYMENTS_ADDRESS: payments,
      PAYMENT_AMOUNT: String(price.amount),
      PAYMENT_FEE_BASIS_POINTS: '500',
      PAYMENT_FEE_RECEIVER: operators,
      TRANSMITTER_KEY_FILE: keyFile,
      USAGE_FOLDER: join(dir, 'usage'),
    },
  });
  const client = evmClient(rpcUrl);
  const balanceOf = (address: string) =>
    client.readContract({ address: token, abi: trialDollarAbi, functionName: 'balanceOf', args: [address as Hex] });
  return { service, url: `http://127.0.0.1:${service.facts.httpPort}/v1/chat/completions`, token, balanceOf };
}

/** Posts a question with a payment, or without. */
export async function post(url: string, body: object, payment?: string, more: Record<string, string> = {}) {
  const headers = { 'content-type': 'application/json', ...(payment && { 'payment-signature': payment }), ...more };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const demand = response.headers.get('payment-required');
  const [demanded] = demand === null ? [] : decodePaymentRequiredHeader(demand).accepts;
  const { error } = (await response.json()) as { error?: { code: string; message: string } };
  return { status: response.status, demanded, code: error?.code, message: error?.message };
}

/** What is wrong with a payment. */
export type Flaw = 'forged' | 'too small' | 'expired' | 'too short' | 'without funds';

/** What the Router says of each. */
export const flaws: Readonly<Record<Flaw, RegExp>> = {
  forged: /not of the account/,
  'too small': /exactly 10000/,
  expired: /has expired/,
  'too short': /must be valid/,
  'without funds': /has 0, less than 10000/,
};

/** A payment that fits a demand but for a flaw. */
export async function paymentFor(demanded: PaymentRequirements, flaw?: Flaw): Promise<string> {
  const payer = privateKeyToAccount(flaw === 'without funds' ? strangerKey : payerKey);
  const stranger = privateKeyToAccount(strangerKey);
  const signTypedData: typeof payer.signTypedData = (data) =>
    flaw === 'forged' ? stranger.signTypedData(data) : payer.signTypedData(data);
  const scheme = new ExactEvmScheme({
    address: payer.address,
    signTypedData: (data) => signTypedData(data as Parameters<typeof payer.signTypedData>[0]),
  });
  const { maxTimeoutSeconds, amount } = demanded;
  const signed = await scheme.createPaymentPayload(2, {
    ...demanded,
    amount: flaw === 'too small' ? String(BigInt(amount) - 1n) : amount,
    maxTimeoutSeconds: flaw === 'expired' ? -100 : flaw === 'too short' ? 10 : maxTimeoutSeconds,
  });
  return encodePaymentSignatureHeader({ ...signed, accepted: demanded });
}

/** Runs examples/paid-answer as it is, in a folder whose network has this Router. Returns what it prints. */
export async function runExample({ url, token }: PaidRouter, folder: string, question: string): Promise<string> {
  const file = networkFileOf(folder);
  await mkdir(dirname(file), { recursive: true });
  const openaiBaseUrl = url.replace('/chat/completions', '');
  await writeFile(file, JSON.stringify({ openaiBaseUrl, price: { token } }));
  const program = fileURLToPath(new URL('../../../examples/paid-answer/main.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, question], { cwd: folder });
  return stdout;
}
