/** One account that pays for transactions: one in flight, sent again with a higher fee when it does not get into a block. */

import { setTimeout as pause } from 'node:timers/promises';
import { fromHex, type Hex } from '@assay/protocol/bytes';
import { limits } from '@assay/protocol/limits';
import type { Log } from '@assay/protocol/ports';
import { createWalletClient, type PublicClient, type TransactionReceipt, TransactionReceiptNotFoundError } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { evmTransport, type Revert, revertOf } from './evm-client.ts';
import { reasonOf } from './silent-log.ts';

const resendAfterMsDefault = limits.receiptTimeoutMs / 4;
/** Before another try where the node refused: another process may use the same account. */
const clashPauseMs = 250;
const pollPauseMs = 100;
const pollPauseMsMax = 1_000;
const pollGrowth = 1.25;
/** Nodes want at least 10 % more to replace a transaction. */
const feeBumpPercent = 130n;
/** Room for state that changes between estimate and block. */
const gasRoomPercent = 120n;

/** What nodes say when the place is taken, or the base fee has just risen: the next try fits. */
const taken =
  /nonce too low|underpriced|already known|already imported|lower than the current nonce|less than block base fee/i;

/**
 * Where a transaction is put: behind all that the account has pending, or in front, at the lowest place that no block
 * has filled, which is our own again, or that of an older transaction that is stuck.
 */
type Place = 'behind' | 'front';

/** What became of a call. */
export type Sent = { readonly receipt: TransactionReceipt } | { readonly revert: Revert };

interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

interface Flight extends Fees {
  readonly nonce: number;
  readonly hash: Hex | undefined;
}

/** Sends calls to contracts from one account. */
export class EvmTransmitter {
  readonly #client: PublicClient;
  readonly #wallet;
  readonly #account: PrivateKeyAccount;
  readonly #log: Log;
  readonly #resendAfterMs: number;
  #last: Promise<unknown> = Promise.resolve();
  #flight: Flight | undefined;

  constructor(client: PublicClient, rpcUrl: string, key: Hex, log: Log, resendAfterMs = resendAfterMsDefault) {
    this.#resendAfterMs = resendAfterMs;
    this.#client = client;
    this.#account = accountOf(key);
    this.#wallet = createWalletClient({ transport: evmTransport(rpcUrl), account: this.#account });
    this.#log = log;
  }

  get address(): Hex {
    return this.#account.address.toLowerCase() as Hex;
  }

  /** Sends a call after those before it are done, and waits until it is in a block. Rejects when it does not get there. */
  send(to: Hex, data: Hex): Promise<Sent> {
    const sent = this.#last.then(() => this.#send(to, data));
    this.#last = sent.catch((error: unknown) =>
      this.#log.warn('a transaction did not get into a block', { reason: reasonOf(error) }),
    );
    return sent;
  }

  async #send(to: Hex, data: Hex): Promise<Sent> {
    const deadline = Date.now() + limits.receiptTimeoutMs;
    const sent: Hex[] = [];
    let waiting: Hex[] = [];
    let place: Place = 'behind';
    while (Date.now() < deadline) {
      const gas = await this.#estimate(to, data);
      if (typeof gas !== 'bigint') {
        // The refusal may come from our own transaction, mined meanwhile.
        const mine = await this.#receiptOf(sent);
        return mine?.status === 'success' ? { receipt: mine } : { revert: gas };
      }
      const flight = await this.#submit(to, data, gas, place);
      if (flight.hash !== undefined) {
        sent.push(flight.hash);
        waiting.push(flight.hash);
      }
      const waitMs = flight.hash === undefined ? clashPauseMs : this.#resendAfterMs;
      const outcome = await this.#awaitReceipt(waiting, flight.nonce, Math.min(deadline, Date.now() + waitMs));
      if (outcome !== undefined && outcome !== 'passed' && outcome.status === 'success') return { receipt: outcome };
      // Reverted in a block: the next estimate says why.
      if (outcome !== undefined && outcome !== 'passed') waiting = [];
      if (outcome !== undefined) place = 'behind';
      else if (flight.hash !== undefined) place = 'front';
      this.#log.debug('a transaction is sent again', { transmitter: this.address, nonce: flight.nonce, place });
    }
    throw new Error(
      `No transaction of ${this.address} got into a block within ${limits.receiptTimeoutMs} ms, sent ${sent.length} times with rising fees (last ${sent.at(-1) ?? 'refused'}). Check that the chain makes blocks and that no older transaction of this account is stuck.`,
    );
  }

  async #estimate(to: Hex, data: Hex): Promise<bigint | Revert> {
    try {
      return ((await this.#client.estimateGas({ account: this.#account, to, data })) * gasRoomPercent) / 100n;
    } catch (error) {
      const revert = revertOf(error);
      if (revert !== undefined) return revert;
      throw this.#failure('estimate the gas of', error);
    }
  }

  /** Signs and sends; without a hash the node has something in this place already: the next send pays more. */
  async #submit(to: Hex, data: Hex, gas: bigint, place: Place): Promise<Flight> {
    const [nonce, fees] = await this.#placeAndFees(place);
    this.#flight = { nonce, ...fees, hash: undefined };
    try {
      const hash = await this.#wallet.sendTransaction({ to, data, gas, nonce, ...fees, chain: null, type: 'eip1559' });
      this.#flight = { nonce, ...fees, hash };
    } catch (error) {
      if (!taken.test(wholeText(error))) {
        throw this.#failure('send', error);
      }
      this.#log.debug('a node did not take a transaction', { nonce, reason: reasonOf(error) });
    }
    return this.#flight;
  }

  async #placeAndFees(place: Place): Promise<[number, Fees]> {
    try {
      const [nonce, wanted] = await Promise.all([
        this.#client.getTransactionCount({
          address: this.#account.address,
          blockTag: place === 'behind' ? 'pending' : 'latest',
        }),
        this.#client.estimateFeesPerGas(),
      ]);
      const before = this.#flight?.nonce === nonce || place === 'front' ? this.#flight : undefined;
      const maxFeePerGas = atLeast(wanted.maxFeePerGas, before?.maxFeePerGas);
      const maxPriorityFeePerGas = atLeast(wanted.maxPriorityFeePerGas, before?.maxPriorityFeePerGas);
      return [nonce, { maxFeePerGas, maxPriorityFeePerGas }];
    } catch (error) {
      throw this.#failure('price', error);
    }
  }

  /** A receipt; `passed` when another transaction of the account has taken the place; undefined when neither came in time. */
  async #awaitReceipt(
    hashes: readonly Hex[],
    nonce: number,
    deadlineMs: number,
  ): Promise<TransactionReceipt | 'passed' | undefined> {
    for (let wait = pollPauseMs; ; wait = Math.min(pollPauseMsMax, wait * pollGrowth)) {
      const passed = (await this.#minedCount()) > nonce;
      const receipt = await this.#receiptOf(hashes);
      if (receipt !== undefined) return receipt;
      if (passed) return 'passed';
      if (Date.now() >= deadlineMs) return undefined;
      await pause(wait);
    }
  }

  /** How many transactions of the account are in blocks; 0 when the RPC does not say. */
  async #minedCount(): Promise<number> {
    try {
      return await this.#client.getTransactionCount({ address: this.#account.address, blockTag: 'latest' });
    } catch (error) {
      this.#log.debug('a transaction count could not be read', { reason: reasonOf(error) });
      return 0;
    }
  }

  /** The receipt of whichever of these is in a block, a successful one first. */
  async #receiptOf(hashes: readonly Hex[]): Promise<TransactionReceipt | undefined> {
    let reverted: TransactionReceipt | undefined;
    for (const hash of [...hashes].reverse()) {
      try {
        const receipt = await this.#client.getTransactionReceipt({ hash });
        if (receipt.status === 'success') return receipt;
        reverted ??= receipt;
      } catch (error) {
        if (!(error instanceof TransactionReceiptNotFoundError))
          this.#log.debug('a receipt could not be read', { hash, reason: reasonOf(error) });
      }
    }
    return reverted;
  }

  #failure(verb: string, error: unknown): Error {
    if (/insufficient funds|exceeds the balance|gas required exceeds allowance/i.test(wholeText(error))) {
      return new Error(`The transmitter ${this.address} has too little to pay for gas. Send it funds.`, {
        cause: error,
      });
    }
    return new Error(`Could not ${verb} a transaction of ${this.address}: ${reasonOf(error)}.`, { cause: error });
  }
}

function accountOf(key: Hex): PrivateKeyAccount {
  if (!/^0x[0-9a-f]{64}$/i.test(key) || fromHex(key.toLowerCase() as Hex).every((byte) => byte === 0)) {
    throw new RangeError('The transmitter key must be 0x and 64 hexadecimal digits.');
  }
  return privateKeyToAccount(key);
}

/** The wanted fee, or what replaces the one before when that is more. */
function atLeast(wanted: bigint, before: bigint | undefined): bigint {
  const replacing = before === undefined ? 0n : (before * feeBumpPercent) / 100n + 1n;
  return wanted > replacing ? wanted : replacing;
}

function wholeText(error: unknown): string {
  return error instanceof Error ? `${error.message} ${wholeText(error.cause)}` : '';
}
