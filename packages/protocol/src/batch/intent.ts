/**
 * An intent: a transaction that a transmitter is about to send. It is stored on the bus before the first send, so that
 * a successor can continue with it.
 */
import { z } from 'zod';
import { addressSchema, countSchema, digestSchema, hexSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';

/** An amount in wei or gas: 256 bits have 78 digits. */
const amountSchema = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,77})$/, 'must be a decimal number')
  .transform(BigInt);

/** The certified batch that a transaction posts: enough to post it again after a reorganisation. */
export const postableBatchSchema = z.strictObject({
  configDigest: digestSchema,
  epoch: countSchema,
  sequence: countSchema,
  root: digestSchema,
  count: z.int().min(1).max(limits.batchReportsMax),
  certificate: hexSchema(limits.certificateBytesMax),
});

export type PostableBatch = z.output<typeof postableBatchSchema>;

/** One signed transaction (EIP-1559) of one account. It contains nothing that its broadcast would not publish. */
export const intentSchema = z.strictObject({
  version: z.literal(1),
  account: addressSchema,
  nonce: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  /** Keccak-256 of the called address and the call data. It identifies the call independently of the fees. */
  callDigest: digestSchema,
  gas: amountSchema,
  /** Maximum fee in wei for each unit of gas, including the tip. */
  maxFeePerGas: amountSchema,
  maxPriorityFeePerGas: amountSchema,
  /** The transaction's hash, and the transaction as it is broadcast. */
  hash: digestSchema,
  transaction: hexSchema(limits.transactionBytesMax),
  /** Absent where the call posts no batch. */
  batch: postableBatchSchema.optional(),
});

/** An intent in memory: amounts are bigints. */
export type Intent = z.output<typeof intentSchema>;

/** The intent on the bus: amounts are decimal digits. */
export function intentMessage(intent: Intent): z.input<typeof intentSchema> {
  const { gas, maxFeePerGas, maxPriorityFeePerGas, ...rest } = intent;
  return {
    ...rest,
    gas: String(gas),
    maxFeePerGas: String(maxFeePerGas),
    maxPriorityFeePerGas: String(maxPriorityFeePerGas),
  };
}
