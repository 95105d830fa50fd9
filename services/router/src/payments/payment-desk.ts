/** What a Router needs to demand payments and to collect them; `@assay/adapters` has it for x402. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';

/** What a payment is for; all of it decides where the payment goes. */
export interface PaymentTerms {
  /** Digest of the question's text (`questionTextOf`). */
  readonly question: Hex;
  readonly policyDigest: Hex;
  readonly collector: Hex;
  /** Who gets back what came too early; the zero address for nobody. */
  readonly payer: Hex;
  readonly feeReceiver: Hex;
  readonly amount: bigint;
  readonly feeBasisPoints: number;
  /** Seconds since 1970. */
  readonly refundableFrom: number;
}

/** What a payment must be. */
export interface PaymentDemand {
  readonly reference: string;
  readonly terms: PaymentTerms;
  /** How long it must hold after it was signed. */
  readonly seconds: number;
}

/** A payment as it came: for which question, and what was signed. Nothing of it is checked but its shape. */
export interface OfferedPayment {
  readonly reference: string;
  readonly refundableFrom: number;
  readonly authorization: {
    readonly from: Hex;
    readonly to: Hex;
    readonly value: bigint;
    readonly validAfter: bigint;
    readonly validBefore: bigint;
    readonly nonce: Hex;
    readonly signature: Hex;
  };
}

/** What became of a payment. `pending`: it is not known yet whether its transaction is in a block. */
export type Collected =
  | {
      readonly state: 'released';
      readonly miner: Hex;
      readonly toMiner: string;
      readonly fee: string;
      readonly transaction: Hex;
      /** What the protocol's header says of it. */
      readonly header: string;
    }
  | { readonly state: 'pending' }
  | { readonly state: 'refused'; readonly reason: string };

/** A value, or what is wrong with a payment, in words for its payer. */
export type Taken<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** Payments by one protocol, into one contract. */
export interface PaymentDesk {
  /** The account that collects. */
  readonly collector: Hex;
  /** The token's address. */
  readonly token: Hex;
  /** The header that demands a payment. */
  demandHeader(demand: PaymentDemand, url: string, why: string): string;
  /** Reads a payment from its header. */
  read(header: string): Taken<OfferedPayment>;
  /** Checks a payment against what is demanded, and with the chain. Rejects if the chain does not answer. */
  check(offered: OfferedPayment, demand: PaymentDemand): Promise<Taken<undefined>>;
  /** Collects a payment with the report that accepts an answer. Never rejects. */
  collect(offered: OfferedPayment, demand: PaymentDemand, report: CertifiedReport): Promise<Collected>;
}
