/** Payments by verdict: demanded before miners are asked, checked, and collected only for an accepted answer. */
import { type Hex, keccak256, utf8 } from '@assay/protocol/encoding/bytes';
import { addressSchema } from '@assay/protocol/encoding/fields';
import { errorText } from '@assay/protocol/error-text';
import type { Clock } from '@assay/protocol/ports';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { contentIdOf } from '@assay/protocol/task/content-id';
import { questionTextOf } from '@assay/protocol/task/task-text';
import type { ChatRequest } from '../chat/chat-request.ts';
import { Fault } from '../faults.ts';
import type { OfferedPayment, PaymentDemand, PaymentDesk, PaymentTerms } from './payment-desk.ts';

/** The names of x402's headers, in lower case. */
const paymentHeaders = {
  required: 'payment-required',
  payment: 'payment-signature',
  response: 'payment-response',
} as const;
/** Who pays; gets back what came too early. */
const payerHeader = 'x-assay-payer';
const nobody: Hex = `0x${'00'.repeat(20)}`;
/** What came too early goes back after a day. */
const refundSeconds = 24 * 3_600;
/** A payer has so long to sign, and the Router to collect. */
const graceSeconds = 60;

/** What every payment of a Router has. */
export type PaymentRules = Pick<PaymentTerms, 'amount' | 'feeBasisPoints' | 'feeReceiver' | 'policyDigest'> & {
  readonly policy: string;
  /** The longest time from a question to its verdict. */
  readonly answerSeconds: number;
};

/** A payment that is good, and waits for the verdict. */
export interface OpenPayment {
  /** The reference of the question that it is for. */
  readonly reference: string;
  /** Collects it. Resolves with what is said of it to the payer; throws {@link Fault} if the contract refuses. */
  collect(report: CertifiedReport): Promise<PaymentWord>;
  /** The request is over: if the payment was not collected, it may be used for another try. */
  close(): void;
}

/** What a whole answer says of its payment, in its body and in its headers. */
export interface PaymentWord {
  readonly payment: object;
  readonly headers: Record<string, string>;
  /** How much is paid for sure, in the token's smallest unit. */
  readonly paid: string;
}

/** What the answer says of a payment that nobody sends. */
export const returnedPayment = { state: 'returned' } as const;

/** The payments of one Router. */
export class Payments {
  readonly #desk: PaymentDesk;
  readonly #rules: PaymentRules;
  readonly #clock: Pick<Clock, 'nowMs'>;
  /** Nonces of payments whose requests are under way: one payment is for one request. */
  readonly #underWay = new Set<string>();

  constructor(desk: PaymentDesk, rules: PaymentRules, clock: Pick<Clock, 'nowMs'>) {
    this.#desk = desk;
    this.#rules = rules;
    this.#clock = clock;
  }

  /** The payment of a request. Throws {@link Fault} with a demand where it is missing or is not good. */
  async admit(
    chat: ChatRequest,
    path: string,
    headers: Readonly<Record<string, string>>,
    newReference: string,
  ): Promise<OpenPayment> {
    if (chat.mode !== 'verified')
      throw new Fault('payment-needs-verdict', 'Leave x-assay-mode out, or take verified.', {
        param: 'x-assay-mode',
      });
    const payer = payerOf(headers);
    const header = headers[paymentHeaders.payment];
    const fresh = this.#demandFor(chat, payer, newReference, this.#nowSeconds() + refundSeconds);
    const demanded = (code: 'payment-required' | 'payment-refused', why: string) =>
      new Fault(code, why, {
        headers: { [paymentHeaders.required]: this.#desk.demandHeader(fresh, path, why) },
      });
    if (header === undefined)
      throw demanded('payment-required', `Pay ${fresh.terms.amount} of ${this.#desk.token} by x402.`);
    const read = this.#desk.read(header);
    if (!read.ok) throw demanded('payment-refused', read.why);
    const demand = this.#demandFor(chat, payer, read.value.reference, read.value.refundableFrom);
    const why = this.#tooShort(read.value);
    if (why !== undefined) throw demanded('payment-refused', why);
    return this.#admitted(read.value, demand, (reason) => demanded('payment-refused', reason));
  }

  /** Why a payment does not hold until the verdict, if it does not. */
  #tooShort({ authorization, refundableFrom }: OfferedPayment): string | undefined {
    const nowSeconds = this.#nowSeconds();
    const until = nowSeconds + this.#rules.answerSeconds;
    if (authorization.validBefore < BigInt(nowSeconds)) return 'It has expired.';
    if (authorization.validBefore >= BigInt(until) && refundableFrom >= until) return undefined;
    return `It must be valid for ${this.#rules.answerSeconds} s more, until the verdict is ready.`;
  }

  async #admitted(
    offered: OfferedPayment,
    demand: PaymentDemand,
    refused: (why: string) => Fault,
  ): Promise<OpenPayment> {
    const { from, nonce } = offered.authorization;
    const name = `${from} ${nonce}`;
    if (this.#underWay.has(name)) throw refused('Another request with this payment is under way.');
    this.#underWay.add(name);
    const close = () => void this.#underWay.delete(name);
    try {
      const checked = await this.#desk.check(offered, demand);
      if (!checked.ok) throw refused(checked.why);
    } catch (error) {
      close();
      throw error instanceof Fault ? error : new Fault('network-unreachable', errorText(error));
    }
    const { reference } = offered;
    return { reference, close, collect: (report) => this.#collect(offered, demand, report) };
  }

  async #collect(offered: OfferedPayment, demand: PaymentDemand, report: CertifiedReport): Promise<PaymentWord> {
    const collected = await this.#desk.collect(offered, demand, report);
    if (collected.state === 'refused')
      throw new Fault('payment-not-collected', `${collected.reason}.`, { assay: { taskId: report.task.taskId } });
    if (collected.state === 'pending') return { payment: collected, headers: {}, paid: '0' };
    const { state, miner: to, header, ...rest } = collected;
    const paid = String(BigInt(rest.toMiner) + BigInt(rest.fee));
    return { payment: { state, to, ...rest }, headers: { [paymentHeaders.response]: header }, paid };
  }

  #demandFor(chat: ChatRequest, payer: Hex, reference: string, refundableFrom: number): PaymentDemand {
    const { policy, answerSeconds, amount, feeBasisPoints, feeReceiver, policyDigest } = this.#rules;
    const prompt = utf8(chat.prompt);
    const question = questionTextOf({
      reference,
      policy,
      parameters: chat.parameters,
      prompt: { cid: contentIdOf(prompt), bytes: prompt.length },
    });
    const terms = {
      question: keccak256(utf8(question)),
      policyDigest,
      collector: this.#desk.collector,
      payer,
      feeReceiver,
      amount,
      feeBasisPoints,
      refundableFrom,
    };
    return { reference, terms, seconds: answerSeconds + graceSeconds };
  }

  #nowSeconds(): number {
    return Math.floor(this.#clock.nowMs() / 1_000);
  }
}

function payerOf(headers: Readonly<Record<string, string>>): Hex {
  const named = headers[payerHeader]?.toLowerCase();
  if (named === undefined) return nobody;
  const checked = addressSchema.safeParse(named);
  if (!checked.success)
    throw new Fault('malformed', 'x-assay-payer must be 0x and 40 hexadecimal digits.', { param: payerHeader });
  return checked.data;
}
