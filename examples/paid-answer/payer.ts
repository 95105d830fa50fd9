/** An OpenAI client that pays for accepted answers, by the client of x402 as it is. */
import { ExactEvmScheme } from '@x402/evm/exact/client';
import { wrapFetchWithPayment, x402Client } from '@x402/fetch';
import OpenAI from 'openai';
import { privateKeyToAccount } from 'viem/accounts';

/** What a payer is ready to give for an answer. */
export interface Purse {
  readonly privateKey: `0x${string}`;
  /** As `eip155:8453`. */
  readonly network: `eip155:${number}`;
  /** Address of the token. */
  readonly asset: string;
  /** In its smallest unit. */
  readonly maxAmountPerPayment: string;
}

/** A client whose answers are paid for as the Router at `baseURL` demands, if the purse allows it. */
export function payingClient(baseURL: string, { privateKey, ...most }: Purse): OpenAI {
  const payer = privateKeyToAccount(privateKey);
  const wallet = new x402Client().register(most.network, new ExactEvmScheme(payer));
  wallet.setSpendControls({ allowedAssets: [most] });
  return new OpenAI({
    baseURL,
    apiKey: 'none',
    maxRetries: 0,
    fetch: wrapFetchWithPayment(fetch, wallet),
    defaultHeaders: { 'x-assay-payer': payer.address },
  });
}
