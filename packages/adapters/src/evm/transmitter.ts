/**
 * One account that pays for transactions. It stores each signed transaction in its journal before sending it.
 * `nextStep` decides each step from the chain's state, so a failed send, a crash, a reorganisation and another process
 * with the same account are all handled the same way: look, decide, act.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs } from '@assay/protocol/backoff';
import type { Intent, PostableBatch } from '@assay/protocol/batch/intent';
import { concatBytes, fromHex, type Hex, keccak256 } from '@assay/protocol/encoding/bytes';
import { errorText } from '@assay/protocol/error-text';
import { ChainUnreachable } from '@assay/protocol/network/chain-unreachable';
import type { IntentJournal, Keyring, Log, TransactionEvent } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { type PublicClient, parseTransaction, type TransactionReceipt } from 'viem';
import { memoryJournal } from '../memory/memory-journal.ts';
import { noOpLogger } from '../telemetry/no-op-logger.ts';
import { isUnreachable, type Revert, type SendOutcome, sendOutcomeOf } from './client.ts';
import { DataFees } from './fees.ts';
import { type TransactionSigner, transactionSigner } from './signing-account.ts';
import { type ChainView, type Flight, nextStep, type Step, type TransactionRules } from './transaction-step.ts';
import { gasOf, isKnown, priceOf, receiptOf } from './transmitter-view.ts';

const pollPauseMs = 100;
const pollBackoff = { firstMs: pollPauseMs, maxMs: 1_000, growth: 1.25 };
const receiptLooksMax = 3;
/** After a look that failed. */
const failurePauseMs = 250;
/** Between two looks at an account without funds. */
const fundsPauseMs = 1_000;

/** The result of a call. */
export type Sent = { readonly receipt: TransactionReceipt } | { readonly revert: Revert };

/** Beside client and key; each has a default. */
export interface TransmitterOptions {
  readonly journal?: IntentJournal;
  readonly rules?: Partial<TransactionRules>;
  readonly log?: Log;
  readonly onEvent?: (event: TransactionEvent) => void;
  /** Time-out of one call; {@link tuning.receiptTimeoutMs} if absent. */
  readonly giveUpAfterMs?: number;
}

/** The account has less than its transaction may cost. */
class TooLittleFunds extends Error {
  override readonly name = 'TooLittleFunds';
}

interface Call {
  readonly to: Hex;
  readonly data: Hex;
  readonly digest: Hex;
  readonly batch: PostableBatch | undefined;
}

/** A queued call. */
interface Waiting {
  readonly call: Call;
  readonly resolve: (sent: Sent) => void;
  readonly reject: (error: unknown) => void;
}

/** The open transaction, and every transaction signed for its call. */
interface Open extends Flight {
  readonly intent: Intent;
  readonly hashes: readonly Hex[];
}

/** Sends calls to contracts from one account, one at a time. */
export class EvmTransmitter {
  readonly #client: PublicClient;
  readonly #dataFees: DataFees;
  readonly #account: TransactionSigner;
  readonly #journal: IntentJournal;
  readonly #rules: TransactionRules;
  readonly #log: Log;
  readonly #onEvent: (event: TransactionEvent) => void;
  readonly #giveUpAfterMs: number;
  readonly #waiting: Waiting[] = [];
  #isSending = false;
  #open: Open | undefined;
  #hasRead = false;
  #chainId: number | undefined;

  constructor(client: PublicClient, key: Hex | Keyring, options: TransmitterOptions = {}) {
    this.#client = client;
    this.#dataFees = new DataFees(client);
    this.#account = transactionSigner(key);
    this.#journal = options.journal ?? memoryJournal();
    this.#rules = { ...defaultRules, ...options.rules };
    this.#log = options.log ?? noOpLogger;
    this.#onEvent = options.onEvent ?? (() => undefined);
    this.#giveUpAfterMs = options.giveUpAfterMs ?? tuning.receiptTimeoutMs;
  }

  get address(): Hex {
    return this.#account.address.toLowerCase() as Hex;
  }

  /**
   * Sends a call when it is its turn and waits until it is in a block. The lowest waiting batch comes first, so a batch
   * that a reorganisation removed goes before newer ones. `batch` is stored in the intent. Rejects if the call is not
   * in a block within {@link tuning.receiptTimeoutMs}; its signed transaction then stays the open one.
   */
  send(to: Hex, data: Hex, batch?: PostableBatch): Promise<Sent> {
    const digest = keccak256(concatBytes(fromHex(to), fromHex(data)));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call: { to, data, digest, batch }, resolve, reject });
      if (!this.#isSending) void this.#sendAll();
    });
  }

  /** The most that a call may cost now, in wei: its gas at the fee cap. Or why the contract refuses it. */
  async costMax(to: Hex, data: Hex): Promise<bigint | Revert> {
    const gas = await gasOf(this.#client, this.address, { to, data });
    return typeof gas === 'bigint' ? gas * this.#rules.feePerGasMax : gas;
  }

  /** Sends queued calls one at a time until none is left. Never rejects. */
  async #sendAll(): Promise<void> {
    this.#isSending = true;
    for (let next = takeLowest(this.#waiting); next !== undefined; next = takeLowest(this.#waiting)) {
      try {
        next.resolve(await this.#send(next.call));
      } catch (error) {
        this.#log.warn('a transaction did not get into a block', { reason: errorText(error) });
        next.reject(error);
      }
    }
    this.#isSending = false;
  }

  async #send(call: Call): Promise<Sent> {
    const deadline = Date.now() + this.#giveUpAfterMs;
    let last: Step | undefined;
    let failure: unknown;
    let hasSent = false;
    do {
      try {
        await this.#takeUp();
        const { view, receipt, revert } = await this.#look(call);
        const step = nextStep(call.digest, this.#open, view, this.#rules);
        // A transaction that was in a block before this call was queued is not a result of this call.
        if (step.kind === 'mined' && receipt !== undefined && (hasSent || revert === undefined))
          return this.#mined(receipt);
        if (revert !== undefined) return { revert };
        hasSent ||= step.kind === 'sign' || step.kind === 'send';
        if (step.kind === 'wait' && step.why !== 'block' && last?.kind !== 'wait') this.#tellWait(step.why);
        await this.#act(step, call, view);
        last = step;
        failure = undefined;
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        failure = error;
      }
      await this.#awaitChange(Math.min(deadline, Date.now() + pauseAfter(last, failure, this.#rules)));
    } while (Date.now() < deadline);
    throw this.#tooLate(last, failure);
  }

  /** Waits until a block has used the nonce of the open transaction, or until it is time to look again. */
  async #awaitChange(untilMs: number): Promise<void> {
    const { address } = this;
    const { intent, sentMs } = this.#open ?? {};
    for (let look = 1; Date.now() < untilMs; look++) {
      await pause(Math.max(1, Math.min(backoffMs(pollBackoff, look), untilMs - Date.now())));
      if (intent === undefined || sentMs === undefined) continue;
      try {
        if ((await this.#client.getTransactionCount({ address, blockTag: 'latest' })) > intent.nonce) return;
      } catch (error) {
        this.#log.debug('a transaction count could not be read', { reason: errorText(error) });
      }
    }
  }

  /** Reads once what an earlier process signed. */
  async #takeUp(): Promise<void> {
    if (this.#hasRead) return;
    const intent = await this.#journal.last();
    if (intent !== undefined) this.#adopt(intent);
    this.#hasRead = true;
  }

  /** It is unknown whether it was sent. */
  #adopt(intent: Intent): void {
    this.#open = { intent, hashes: [intent.hash], signedMs: Date.now(), sentMs: undefined, isUnderpriced: false };
  }

  /** Ask the contract first: if it refuses because the call is already in, the receipt read afterwards shows it. */
  async #look(call: Call): Promise<{
    readonly view: ChainView;
    readonly receipt: TransactionReceipt | undefined;
    readonly revert: Revert | undefined;
  }> {
    const { address } = this;
    const open = this.#open;
    const isOwn = open?.intent.callDigest === call.digest;
    const gas = await gasOf(this.#client, address, call);
    const [price, dataFee, balance, minedCount, pendingCount] = await Promise.all([
      priceOf(this.#client),
      this.#dataFees.of(call.data),
      this.#client.getBalance({ address }),
      this.#client.getTransactionCount({ address, blockTag: 'latest' }),
      this.#client.getTransactionCount({ address, blockTag: 'pending' }),
    ]);
    const isOpen = open !== undefined && open.intent.nonce >= minedCount;
    const receipt = isOwn ? await this.#receiptOf(open.hashes, typeof gas !== 'bigint') : undefined;
    const view = {
      nowMs: Date.now(),
      minedCount,
      pendingCount,
      balance,
      dataFee,
      ...price,
      isMined: receipt !== undefined,
      isKnown: isOpen && receipt === undefined && (await isKnown(this.#client, open.intent.hash)),
      gas: typeof gas === 'bigint' ? gas : undefined,
      isObsolete: isOpen && !isOwn && (await this.#isObsolete(open.intent)),
    };
    return { view, receipt, revert: typeof gas === 'bigint' ? undefined : gas };
  }

  /** A node may show a transaction's effect shortly before its receipt. */
  async #receiptOf(hashes: readonly Hex[], isExpected: boolean): Promise<TransactionReceipt | undefined> {
    for (let look = 1; ; look++) {
      const receipt = await receiptOf(this.#client, hashes);
      if (receipt !== undefined || !isExpected || look === receiptLooksMax) return receipt;
      await pause(pollPauseMs);
    }
  }

  async #isObsolete(intent: Intent): Promise<boolean> {
    const { to, data } = parseTransaction(intent.transaction as `0x02${string}`);
    if (to === undefined || to === null || data === undefined) return true;
    return typeof (await gasOf(this.#client, this.address, { to, data })) !== 'bigint';
  }

  async #act(step: Step, call: Call, view: ChainView): Promise<void> {
    if (step.kind === 'sign') {
      if (await this.#sign(step, call, view)) await this.#submit();
    }
    if (step.kind !== 'send') return;
    const nonce = this.#open?.intent.nonce ?? 0;
    this.#onEvent({ kind: 'sent-again', nonce });
    this.#log.debug('a transaction is sent again', { transmitter: this.address, nonce });
    await this.#submit();
  }

  /** Signs and stores. False if another process of this account was faster; its intent is then continued instead. */
  async #sign(step: Extract<Step, { kind: 'sign' }>, call: Call, view: ChainView): Promise<boolean> {
    this.#chainId ??= await this.#client.getChainId();
    const { to, data, digest, batch } = call;
    const request = { to, data, nonce: step.nonce, gas: view.gas ?? 0n, ...step.fees };
    const transaction = await this.#account.signTransaction({ ...request, chainId: this.#chainId, type: 'eip1559' });
    const intent: Intent = {
      version: 1,
      account: this.address,
      nonce: step.nonce,
      callDigest: digest,
      gas: request.gas,
      ...step.fees,
      hash: keccak256(fromHex(transaction)),
      transaction,
      ...(batch === undefined ? {} : { batch }),
    };
    if ((await this.#journal.append(intent)) === 'conflict') {
      this.#hasRead = false;
      return false;
    }
    const earlier = this.#open?.intent.callDigest === digest ? this.#open.hashes : [];
    const hashes = [...earlier, intent.hash];
    this.#open = { intent, hashes, signedMs: Date.now(), sentMs: undefined, isUnderpriced: false };
    this.#onEvent({ kind: 'signed', why: step.why, nonce: step.nonce, maxFeePerGas: step.fees.maxFeePerGas });
    this.#log.debug('a transaction is signed', { transmitter: this.address, nonce: step.nonce, why: step.why });
    return true;
  }

  /** Sends the open transaction. A node's refusal becomes input of the next decision. */
  async #submit(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    const outcome = await this.#sendRaw(open.intent.transaction);
    const isUnderpriced = outcome === 'underpriced';
    // A node that did not respond may still have accepted it.
    this.#open = { ...open, isUnderpriced, sentMs: Date.now() };
  }

  async #sendRaw(serializedTransaction: Hex): Promise<SendOutcome> {
    try {
      await this.#client.sendRawTransaction({ serializedTransaction });
      return 'taken';
    } catch (error) {
      const outcome = sendOutcomeOf(error);
      if (outcome !== 'taken')
        this.#log.debug('a node did not accept a transaction', { outcome, reason: errorText(error) });
      return outcome;
    }
  }

  #mined(receipt: TransactionReceipt): Sent {
    this.#onEvent({ kind: 'mined', nonce: this.#open?.intent.nonce ?? 0 });
    return { receipt };
  }

  #tellWait(why: 'funds' | 'fee-cap'): void {
    this.#onEvent({ kind: 'waits', why });
    this.#log.warn(
      why === 'funds'
        ? 'the transmitter has not enough funds for gas: send it funds'
        : 'a transaction is stuck, and a replacement would cost more than the cap',
      { transmitter: this.address, feePerGasMax: String(this.#rules.feePerGasMax) },
    );
  }

  #tooLate(last: Step | undefined, failure: unknown): Error {
    if (failure !== undefined)
      return new ChainUnreachable(`The account ${this.address} could not be read: ${errorText(failure)}`, {
        cause: failure,
      });
    if (last?.kind === 'wait' && last.why === 'funds')
      return new TooLittleFunds(
        `The transmitter ${this.address} has not enough funds for gas. Send it funds; it then continues by itself.`,
      );
    return new Error(
      `No transaction of ${this.address} got into a block within ${this.#giveUpAfterMs} ms (last ${this.#open?.intent.hash ?? 'not signed'}). Check that the chain makes blocks and what the fee cap is.`,
    );
  }
}

/** Removes the call with the lowest batch. Calls without a batch come first, and equal ones in order of arrival. */
function takeLowest(waiting: Waiting[]): Waiting | undefined {
  const rank = ({ call: { batch } }: Waiting) => (batch === undefined ? -1 : batch.epoch * 2 ** 32 + batch.sequence);
  const [lowest] = [...waiting].sort((a, b) => rank(a) - rank(b));
  if (lowest !== undefined) waiting.splice(waiting.indexOf(lowest), 1);
  return lowest;
}

/** The pause after a step. */
function pauseAfter(last: Step | undefined, failure: unknown, rules: TransactionRules): number {
  if (failure !== undefined) return failurePauseMs;
  if (last?.kind === 'wait' && last.why === 'funds') return fundsPauseMs;
  if (last?.kind === 'wait' || last?.kind === 'send') return rules.sendAgainAfterMs;
  // Signed and sent, or another process was faster: look again immediately.
  return pollPauseMs;
}

const defaultRules: TransactionRules = {
  feePerGasMax: BigInt(tuning.feePerGasMax),
  feeBumpPercent: BigInt(tuning.feeBumpPercent),
  replaceAfterMs: tuning.replaceAfterMs,
  sendAgainAfterMs: tuning.sendAgainAfterMs,
};
