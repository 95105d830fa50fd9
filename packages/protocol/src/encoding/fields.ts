/** Schemas of the fields that many messages share. */
import { z } from 'zod';
import { limits } from '../limits.ts';
import { roles } from '../observation/role.ts';
import type { Hex } from './bytes.ts';

const hexOf = (bytes: number, name: string) =>
  z
    .string()
    .regex(
      new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`),
      `must be 0x and ${2 * bytes} lower-case hexadecimal digits (${name})`,
    ) as unknown as z.ZodType<Hex, Hex>;
/** Text that can be encoded as UTF-8. Lone surrogates are refused, because they have no digest. */
export const textSchema = z.string().refine((text) => text.isWellFormed(), { error: 'has a lone surrogate' });

/** 32 bytes. */
export const digestSchema = hexOf(32, '32 bytes');
/** An EVM address in lower case. */
export const addressSchema = hexOf(20, 'an address');
/** r, s, v of a secp256k1 signature: 65 bytes, v 27 or 28. */
export const signatureSchema = hexOf(65, 'a signature');
/** A point of G2: an operator's BLS key. */
export const blsKeySchema = hexOf(192, 'a BLS key');
/** A point of G1: a BLS signature. */
export const blsSignatureSchema = hexOf(96, 'a BLS signature');
/** Any even number of hex digits up to `bytesMax` bytes. */
export const hexSchema = (bytesMax: number) =>
  z
    .string()
    .max(2 + 2 * bytesMax)
    .regex(/^0x([0-9a-f]{2})*$/, 'must be 0x and lower-case hexadecimal digits') as unknown as z.ZodType<Hex, Hex>;
/** The name of a role. */
export const roleSchema = z.enum(roles);
/** A positive safe integer (epochs, sequences). */
export const countSchema = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
/** CIDv1 of raw bytes by SHA-256, in base32. */
export const cidSchema = z.string().regex(/^bafkrei[a-z2-7]{52}$/, 'must be a CIDv1 (raw, SHA-256, base32)');
/** A miner: an EVM address or a short name. */
export const minerSchema = z
  .string()
  .min(1)
  .max(limits.minerCharsMax)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, 'may have letters, digits and . _ : - only')
  .refine((miner) => !/^0x[0-9a-f]{40}$/i.test(miner) || miner === miner.toLowerCase(), {
    error: 'must be in lower case where it is an address',
  });
/** A miner's commitment to its output: a hash of the whole, or (`chunks`) the Merkle root over its chunks. */
export const commitmentKinds = ['sha256', 'keccak256', 'blake3', 'chunks'] as const;
/** A miner's commitment to its output: kind and digest, as `sha256:<64 hex digits>`. */
export const commitmentSchema = z
  .string()
  .regex(
    new RegExp(`^(${commitmentKinds.join('|')}):[0-9a-f]{64}$`),
    'must be sha256:, keccak256:, blake3: or chunks: and 64 lower-case hexadecimal digits',
  );
