/** The contract VerdictPayments: where a payment goes, and how it is collected with the report that accepts an answer. */
import { verdictPaymentsAbi } from '@assay/contracts/generated/verdict-payments';
import { type Hex, toHex, utf8 } from '@assay/protocol/encoding/bytes';
import { errorText } from '@assay/protocol/error-text';
import type { Keyring, Log } from '@assay/protocol/ports';
import { type CertifiedReport, reportFieldsOf } from '@assay/protocol/report/certified-report';
import { questionTextOf, taskTextOf } from '@assay/protocol/task/task-text';
import { encodeFunctionData, type PublicClient, parseAbi, parseEventLogs, parseSignature } from 'viem';
import { asked, evmClient } from '../client.ts';
import { EvmTransmitter, type Sent } from '../transmitter.ts';
import { type PaymentContract, type PaymentTerms, paymentAddressOf } from './payment-terms.ts';

/** The parts of a stable coin that are read. */
const coinAbi = parseAbi([
  'function name() view returns (string)',
  'function version() view returns (string)',
  'function balanceOf(address) view returns (uint256)',
  'function authorizationState(address, bytes32) view returns (bool)',
]);

/** The token of a contract, as its payers sign for it (EIP-712). */
export interface Coin {
  readonly address: Hex;
  readonly name: string;
  readonly version: string;
}

/** What a payer signed (EIP-3009 `TransferWithAuthorization`). */
export interface Authorization {
  readonly from: Hex;
  readonly to: Hex;
  readonly value: bigint;
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly nonce: Hex;
  readonly signature: Hex;
}

/** What became of a payment. `pending`: its transaction is signed, and it is not known yet whether it is in a block. */
export type Collected =
  | {
      readonly state: 'released';
      readonly miner: Hex;
      readonly toMiner: string;
      readonly fee: string;
      readonly transaction: Hex;
    }
  | { readonly state: 'pending' }
  | { readonly state: 'refused'; readonly reason: string };

/** The contract, its coin, and the account that collects and pays for the gas. */
export class PaymentBook {
  readonly client: PublicClient;
  readonly chainId: number;
  readonly coin: Coin;
  readonly #contract: PaymentContract;
  readonly #transmitter: EvmTransmitter;
  readonly #log: Log;

  private constructor(
    client: PublicClient,
    read: { readonly chainId: number; readonly coin: Coin; readonly contract: PaymentContract },
    transmitter: EvmTransmitter,
    log: Log,
  ) {
    this.client = client;
    this.chainId = read.chainId;
    this.coin = read.coin;
    this.#contract = read.contract;
    this.#transmitter = transmitter;
    this.#log = log;
  }

  /** Reads the contract. Rejects if it is of another hub, or its token cannot be signed for. */
  static async open(options: {
    readonly rpcUrl: string;
    readonly payments: Hex;
    readonly hub: Hex;
    readonly collector: Keyring;
    readonly log: Log;
  }): Promise<PaymentBook> {
    const { rpcUrl, payments, log } = options;
    const client = evmClient(rpcUrl);
    const at = { address: payments, abi: verdictPaymentsAbi } as const;
    const [chainId, hub, token, vault] = await asked('VerdictPayments', () =>
      Promise.all([
        client.getChainId(),
        client.readContract({ ...at, functionName: 'hub' }),
        client.readContract({ ...at, functionName: 'token' }),
        client.readContract({ ...at, functionName: 'vault' }),
      ]),
    );
    if (hub.toLowerCase() !== options.hub) throw new Error(`its hub is ${hub}, not the network's ${options.hub}`);
    const address = token.toLowerCase() as Hex;
    const [name, version] = await asked('the token of VerdictPayments', () =>
      Promise.all([
        client.readContract({ address, abi: coinAbi, functionName: 'name' }),
        client.readContract({ address, abi: coinAbi, functionName: 'version' }),
      ]),
    );
    const contract = { payments, vault: vault.toLowerCase() as Hex };
    const transmitter = new EvmTransmitter(client, options.collector, { log });
    return new PaymentBook(client, { chainId, coin: { address, name, version }, contract }, transmitter, log);
  }

  /** The account that collects. */
  get collector(): Hex {
    return this.#transmitter.address;
  }

  /** The contract's address. */
  get address(): Hex {
    return this.#contract.payments;
  }

  /** Where a payment with these terms goes. */
  addressOf(terms: PaymentTerms): Hex {
    return paymentAddressOf(this.#contract, terms);
  }

  /** Whether an authorization is used or cancelled, and what its payer has. */
  async standingOf({ from, nonce }: Authorization): Promise<{ readonly isUsed: boolean; readonly balance: bigint }> {
    const at = { address: this.coin.address, abi: coinAbi } as const;
    const [isUsed, balance] = await asked('a payment', () =>
      Promise.all([
        this.client.readContract({ ...at, functionName: 'authorizationState', args: [from, nonce] }),
        this.client.readContract({ ...at, functionName: 'balanceOf', args: [from] }),
      ]),
    );
    return { isUsed, balance };
  }

  /** Collects a payment with the report that accepts an answer. Never rejects. */
  async collect(terms: PaymentTerms, signed: Authorization, report: CertifiedReport): Promise<Collected> {
    let sent: Sent;
    try {
      sent = await this.#transmitter.send(this.address, collectCall(terms, signed, report));
    } catch (error) {
      this.#log.warn('it is not known yet whether a payment is collected', {
        taskId: report.task.taskId,
        reason: errorText(error),
      });
      return { state: 'pending' };
    }
    if ('revert' in sent) return { state: 'refused', reason: sent.revert.detail };
    const [paid] = parseEventLogs({ abi: verdictPaymentsAbi, logs: sent.receipt.logs, eventName: 'AnswerPaid' });
    if (paid === undefined) return { state: 'refused', reason: 'The transaction paid nobody.' };
    return {
      state: 'released',
      miner: paid.args.miner.toLowerCase() as Hex,
      toMiner: String(paid.args.toMiner),
      fee: String(paid.args.fee),
      transaction: sent.receipt.transactionHash,
    };
  }
}

function collectCall(terms: PaymentTerms, signed: Authorization, report: CertifiedReport): Hex {
  const { r, s, yParity } = parseSignature(signed.signature);
  const { from, value, validAfter, validBefore, nonce } = signed;
  const authorization = { from, value, validAfter, validBefore, nonce, v: 27 + yParity, r, s };
  const judged = {
    epoch: BigInt(report.epoch),
    sequence: BigInt(report.sequence),
    report: reportFieldsOf(report),
    proof: report.proof,
    task: toHex(utf8(taskTextOf(report.task))),
    questionLength: BigInt(utf8(questionTextOf(report.task)).length),
  };
  return encodeFunctionData({
    abi: verdictPaymentsAbi,
    functionName: 'collect',
    args: [terms, authorization, judged],
  });
}
