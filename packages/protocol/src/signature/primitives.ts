/**
 * Hashes and curve of the protocol. The portable implementations here run anywhere and are the reference. A program may
 * provide faster builds of the same functions; a test checks that both give the same bytes.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';

/** A compact signature (r and s, 64 bytes) and its recovery id (0 to 3). */
export interface RecoverableSignature {
  readonly compact: Uint8Array;
  readonly recovery: number;
}

/** Functions of bytes. Each is fully determined by its standard, so all implementations give the same result. */
export interface Primitives {
  /** Bytes as lower-case hexadecimal digits, without prefix. */
  toHexDigits(bytes: Uint8Array): string;
  /** The bytes of hexadecimal digits in either case. Throws on an odd number of them, or another character. */
  fromHexDigits(digits: string): Uint8Array;
  /** Keccak-256 as the EVM has it, 32 bytes. */
  keccak256(bytes: Uint8Array): Uint8Array;
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
  /** The public key (65 bytes, uncompressed) of a private key of secp256k1. Throws when the key is none. */
  publicKeyOf(privateKey: Uint8Array): Uint8Array;
  /** ECDSA over secp256k1 of a 32-byte digest: deterministic (RFC 6979), low s. Throws when the key is none. */
  signRecoverable(digest: Uint8Array, privateKey: Uint8Array): RecoverableSignature;
  /** The public key (65 bytes, uncompressed) that a signature recovers to. Throws if there is none. */
  recoverPublicKey(digest: Uint8Array, signature: RecoverableSignature): Uint8Array;
}

/** Signers that were recovered before, by signature. Whoever provides it bounds it; it may forget at any time. */
export interface KnownSigners {
  get(signature: string): KnownSigner | undefined;
  set(signature: string, known: KnownSigner): void;
}

/** The digest that a signature was recovered for, and the signer's address. */
export interface KnownSigner {
  readonly digest: `0x${string}`;
  readonly signer: `0x${string}`;
}

/** The reference: `@noble/curves` and `@noble/hashes`. */
export const portablePrimitives: Primitives = {
  toHexDigits: (bytes) => bytesToHex(bytes),
  fromHexDigits: (digits) => hexToBytes(digits),
  keccak256: (bytes) => keccak_256(bytes),
  sha256: (bytes) => sha256(bytes),
  publicKeyOf: (privateKey) => secp256k1.getPublicKey(privateKey, false),
  signRecoverable(digest, privateKey) {
    const recovered = secp256k1.sign(digest, privateKey, { prehash: false, format: 'recovered' });
    return { compact: recovered.slice(1), recovery: recovered[0] ?? 0 };
  },
  recoverPublicKey(digest, { compact, recovery }) {
    if (compact.length !== 64) throw new RangeError('A compact signature has 64 bytes.');
    const recovered = new Uint8Array(65);
    recovered[0] = recovery;
    recovered.set(compact, 1);
    return secp256k1.Signature.fromBytes(recovered, 'recovered').recoverPublicKey(digest).toBytes(false);
  },
};

let current = portablePrimitives;
let signers: KnownSigners | undefined;

/** The implementations that this process uses. */
export function primitives(): Primitives {
  return current;
}

/** The cache of recovered signers that this process was given. */
export function knownSigners(): KnownSigners | undefined {
  return signers;
}

/**
 * Uses these implementations and this cache from now on; omitted functions stay portable. Results are the same, only
 * faster. This choice, made by a program at its start, is all that the package keeps.
 */
export function usePrimitives(faster: Partial<Primitives>, cache?: KnownSigners): void {
  current = { ...portablePrimitives, ...faster };
  signers = cache;
}
