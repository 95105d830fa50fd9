/**
 * Payments by x402 (version 2, scheme `exact`, EIP-3009), checked by the protocol's own facilitator in this process. It
 * only checks: a payment is sent by `PaymentBook.collect`, together with the report that accepts an answer.
 */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { checkShape } from '@assay/protocol/encoding/decode';
import { addressSchema, digestSchema, signatureSchema, textSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { encodePaymentRequiredHeader, encodePaymentResponseHeader } from '@x402/core/http';
import type { PaymentRequirements } from '@x402/core/types';
import { ExactEvmScheme } from '@x402/evm/exact/facilitator';
import { z } from 'zod';
import type { Authorization, Collected, PaymentBook } from './payment-book.ts';
import type { PaymentTerms } from './payment-terms.ts';

const version = 2;

/** Base64 of a payment; what is longer is no payment. */
const headerCharsMax = 8_192;

const lower = <T>(schema: z.ZodType<T, T>) =>
  z
    .string()
    .max(200)
    .transform((text) => text.toLowerCase())
    .pipe(schema as unknown as z.ZodType<T, string>);
const amountSchema = z
  .string()
  .regex(/^\d{1,78}$/, 'must be a whole number')
  .transform(BigInt);

const paymentSchema = z.looseObject({
  x402Version: z.literal(version),
  accepted: z.looseObject({
    extra: z.looseObject({
      reference: textSchema.min(1).max(limits.referenceCharsMax),
      refundableFrom: z
        .int()
        .min(0)
        .max(2 ** 48 - 1),
    }),
  }),
  payload: z.looseObject({
    signature: lower(signatureSchema),
    authorization: z.looseObject({
      from: lower(addressSchema),
      to: lower(addressSchema),
      value: amountSchema,
      validAfter: amountSchema,
      validBefore: amountSchema,
      nonce: lower(digestSchema),
    }),
  }),
});

/** A payment as it came: for which question, and what was signed. Nothing of it is checked but its shape. */
interface OfferedPayment {
  readonly reference: string;
  readonly refundableFrom: number;
  readonly authorization: Authorization;
}

/** What a payment must be. */
interface PaymentDemand {
  readonly reference: string;
  readonly terms: PaymentTerms;
  /** How long it must hold after it was signed. */
  readonly seconds: number;
}

/** A value, or what is wrong with a payment, in words for its payer. */
type Taken<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** What the protocol's header says of a collected payment. */
interface Headed {
  readonly header: string;
}

/** Demands payments and checks them, for one contract. */
export class X402Desk {
  readonly #book: PaymentBook;
  readonly #facilitator: ExactEvmScheme;

  constructor(book: PaymentBook) {
    this.#book = book;
    const sendsNothing = () => Promise.reject(new Error('Payments are sent by the contract only.'));
    this.#facilitator = new ExactEvmScheme({
      getAddresses: () => [book.collector],
      readContract: (call) => book.client.readContract({ ...call, account: book.collector }),
      verifyTypedData: sendsNothing,
      writeContract: sendsNothing,
      sendTransaction: sendsNothing,
      waitForTransactionReceipt: sendsNothing,
      getCode: (at) => book.client.getCode(at),
    });
  }

  /** The account that collects. */
  get collector(): Hex {
    return this.#book.collector;
  }

  /** The token's address. */
  get token(): Hex {
    return this.#book.coin.address;
  }

  /** The header that demands a payment. */
  demandHeader(demand: PaymentDemand, url: string, why: string): string {
    return encodePaymentRequiredHeader({
      x402Version: version,
      error: why,
      resource: { url, description: 'An answer that the network accepts', mimeType: 'application/json' },
      accepts: [this.#requirements(demand)],
    });
  }

  /** Reads a payment from its header. */
  read(header: string): Taken<OfferedPayment> {
    const refused = (why: string) => ({ ok: false, why: `The header PAYMENT-SIGNATURE ${why}.` }) as const;
    if (header.length > headerCharsMax) return refused(`is longer than ${headerCharsMax} characters`);
    let content: unknown;
    try {
      content = JSON.parse(Buffer.from(header, 'base64').toString('utf8'));
    } catch {
      return refused('is not JSON in base64');
    }
    const read = checkShape(paymentSchema, content);
    if (!read.ok) return refused(`is no payment by x402 version 2 with EIP-3009: ${read.refusal.detail}`);
    const { accepted, payload } = read.value;
    const { reference, refundableFrom } = accepted.extra;
    const authorization = { ...payload.authorization, signature: payload.signature };
    return { ok: true, value: { reference, refundableFrom, authorization } };
  }

  /** Checks a payment against what is demanded, and with the chain. Rejects if the chain does not answer. */
  async check({ authorization }: OfferedPayment, demand: PaymentDemand): Promise<Taken<undefined>> {
    const requirements = this.#requirements(demand);
    const { signature, ...signed } = authorization;
    const texts = Object.fromEntries(Object.entries(signed).map(([name, value]) => [name, String(value)]));
    const payload = { authorization: texts, signature };
    const checked = await this.#facilitator.verify(
      { x402Version: version, accepted: requirements, payload },
      requirements,
    );
    if (checked.isValid) return { ok: true, value: undefined };
    const { isUsed, balance } = await this.#book.standingOf(authorization);
    return { ok: false, why: reasonOf(checked.invalidReason ?? '', demand.terms.amount, isUsed, balance) };
  }

  /** Collects a payment with the report that accepts an answer. Never rejects. */
  async collect(
    { authorization }: OfferedPayment,
    { terms }: PaymentDemand,
    report: CertifiedReport,
  ): Promise<Exclude<Collected, { state: 'released' }> | (Extract<Collected, { state: 'released' }> & Headed)> {
    const collected = await this.#book.collect(terms, authorization, report);
    if (collected.state !== 'released') return collected;
    const { transaction } = collected;
    const payer = authorization.from;
    const header = encodePaymentResponseHeader({ success: true, transaction, network: this.#network, payer });
    return { ...collected, header };
  }

  get #network(): `eip155:${number}` {
    return `eip155:${this.#book.chainId}`;
  }

  #requirements({ reference, terms, seconds }: PaymentDemand): PaymentRequirements {
    const { address: asset, name, version: coinVersion } = this.#book.coin;
    const stated = { ...terms, amount: String(terms.amount) };
    return {
      scheme: 'exact',
      network: this.#network,
      asset,
      amount: String(terms.amount),
      payTo: this.#book.addressOf(terms),
      maxTimeoutSeconds: seconds,
      extra: {
        name,
        version: coinVersion,
        assetTransferMethod: 'eip3009',
        reference,
        refundableFrom: terms.refundableFrom,
        payments: this.#book.address,
        terms: stated,
      },
    };
  }
}

/** The facilitator's code in words. */
function reasonOf(code: string, amount: bigint, isUsed: boolean, balance: bigint): string {
  if (isUsed) return 'Its nonce is used or cancelled: a payment counts once.';
  if (code.endsWith('_signature')) return 'Its signature is not of the account that it names as payer.';
  if (code.endsWith('recipient_mismatch')) return 'It is for another question, or made with other terms.';
  if (code.endsWith('valid_before')) return 'It has expired.';
  if (code.endsWith('valid_after')) return 'It is not valid yet.';
  if (code.includes('value')) return `It must be of exactly ${amount}.`;
  if (balance < amount) return `Its payer has ${balance}, less than ${amount}.`;
  return `The token does not take it (${code}).`;
}
