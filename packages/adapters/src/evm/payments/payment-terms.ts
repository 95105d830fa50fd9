/** What a payment is for, and the address that follows from it. */
import { verdictPaymentsAbi } from '@assay/contracts/generated/verdict-payments';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { encodeAbiParameters, getContractAddress, keccak256 } from 'viem';

/** The terms of a payment, as `VerdictPayments.Terms` has them. Addresses are in lower case. */
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

/** The contract and what its payments' addresses are clones of. */
export interface PaymentContract {
  readonly payments: Hex;
  readonly vault: Hex;
}

const { inputs: termsInputs } = functionNamed('addressOf');

/** The address that a payment with these terms goes to: that of a minimal proxy (EIP-1167) made by CREATE2. */
export function paymentAddressOf({ payments, vault }: PaymentContract, terms: PaymentTerms): Hex {
  const salt = keccak256(encodeAbiParameters(termsInputs, [terms]));
  const bytecode: Hex = `0x3d602d80600a3d3981f3363d3d373d3d3d363d73${vault.slice(2)}5af43d82803e903d91602b57fd5bf3`;
  return getContractAddress({ opcode: 'CREATE2', from: payments, salt, bytecode }).toLowerCase() as Hex;
}

function functionNamed<N extends string>(name: N) {
  type Entry = Extract<(typeof verdictPaymentsAbi)[number], { readonly type: 'function'; readonly name: N }>;
  const found = verdictPaymentsAbi.find((entry): entry is Entry => entry.type === 'function' && entry.name === name);
  if (found === undefined) throw new Error(`VerdictPayments has no function ${name}.`);
  return found;
}
