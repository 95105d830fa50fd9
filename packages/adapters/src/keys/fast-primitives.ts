/**
 * Faster builds of the protocol's hashes and curve, if this machine has them. They give the same bytes as the portable
 * ones.
 */
import { createECDH, hash } from 'node:crypto';
import { errorText } from '@assay/protocol/error-text';
import type { Log } from '@assay/protocol/ports';
import {
  type KnownSigner,
  type Primitives,
  portablePrimitives,
  usePrimitives,
} from '@assay/protocol/signature/primitives';
import { tuning } from '@assay/protocol/tuning';
import { createKeccak } from 'hash-wasm';
import { LRUCache } from 'lru-cache';
import { noOpLogger } from '../telemetry/no-op-logger.ts';

/**
 * libsecp256k1 through npm's `secp256k1`. Its index would fall back to another curve library; this file falls back to
 * noble.
 */
interface Libsecp256k1 {
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { readonly signature: Uint8Array; readonly recid: number };
  ecdsaRecover(compact: Uint8Array, recovery: number, digest: Uint8Array, compressed: boolean): Uint8Array;
}

/** Keccak-256 in WebAssembly, SHA-256 and public keys of OpenSSL, and libsecp256k1 if a build for this system is installed. */
export async function fastPrimitives(log: Log = noOpLogger): Promise<Partial<Primitives>> {
  const keccak = await createKeccak(256);
  return {
    toHexDigits: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex'),
    fromHexDigits,
    keccak256: (bytes) => keccak.init().update(bytes).digest('binary'),
    sha256: (bytes) => new Uint8Array(hash('sha256', bytes, 'buffer')),
    publicKeyOf,
    ...(await nativeCurve(log)),
  };
}

/** OpenSSL's: the first public key of noble takes 80 ms, for a table that a program with one key uses once. */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  if (privateKey.length !== 32) throw new RangeError('A private key of secp256k1 has 32 bytes.');
  const curve = createECDH('secp256k1');
  curve.setPrivateKey(privateKey);
  return new Uint8Array(curve.getPublicKey());
}

/** Node's own decoder stops silently at an invalid digit; the result then has too few bytes. */
function fromHexDigits(digits: string): Uint8Array {
  const bytes = Buffer.from(digits, 'hex');
  if (bytes.length * 2 !== digits.length) throw new RangeError('The text is not an even number of hexadecimal digits.');
  // A copy, because small buffers of Node share one memory block.
  return new Uint8Array(bytes);
}

async function nativeCurve(log: Log): Promise<Pick<Primitives, 'signRecoverable' | 'recoverPublicKey'> | undefined> {
  let curve: Libsecp256k1;
  try {
    curve = (await import('secp256k1/bindings.js')).default;
  } catch (error) {
    log.info('there is no libsecp256k1 for this system; signatures are slower', { reason: errorText(error) });
    return undefined;
  }
  return {
    signRecoverable(digest, privateKey) {
      if (mayExceedOrder(digest)) return portablePrimitives.signRecoverable(digest, privateKey);
      const { signature, recid } = curve.ecdsaSign(digest, privateKey);
      return { compact: signature, recovery: recid };
    },
    recoverPublicKey: (digest, { compact, recovery }) => curve.ecdsaRecover(compact, recovery, digest, false),
  };
}

/** RFC 6979 reduces the digest modulo the order; libsecp256k1 does not. The order begins with these four bytes. */
function mayExceedOrder(digest: Uint8Array): boolean {
  return digest[0] === 0xff && digest[1] === 0xff && digest[2] === 0xff && digest[3] === 0xff;
}

let asked: Promise<void> | undefined;

/** Makes this process use them, with a cache of recovered signers. A second call does nothing. */
export function useFastPrimitives(log?: Log): Promise<void> {
  asked ??= fastPrimitives(log).then((faster) =>
    usePrimitives(faster, new LRUCache<string, KnownSigner>({ max: tuning.signaturesRememberedMax })),
  );
  return asked;
}
