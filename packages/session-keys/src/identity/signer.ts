import { fromHex, type Hex, keccak256 } from '@assay/protocol/encoding/bytes';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { LRUCache } from 'lru-cache';
import { ADDRESS_SIZE, isHex, SIGNATURE_SIZE } from './encoding.ts';

type Point = InstanceType<typeof secp256k1.Point>;

/** A signer with a known public key, and how often it was seen. */
interface KnownSigner {
  readonly key: Point;
  uses: number;
  hasTable: boolean;
}

/** Maximum number of cached signers, the last ones seen; an entry has about 200 bytes. */
const SIGNERS_MAX = 4_096;
/**
 * Signers with a precomputed table of about 200 KB each: checks are three times as fast, which pays from the twelfth
 * time.
 */
const TABLES_MAX = 64;
const TABLE_AFTER_USES = 12;
const TABLE_WINDOW = 4;

const { Point, Signature } = secp256k1;
const { Fn } = Point;
const HASH_SIZE = 32;
let tables = 0;
const known = new LRUCache<Hex, KnownSigner>({
  max: SIGNERS_MAX,
  dispose: ({ hasTable }) => {
    if (hasTable) tables -= 1;
  },
});

/**
 * Whether a 65-byte signature (r, s, v) over a 32-byte digest is by the secp256k1 key of an EVM address. It gives the
 * same answer as the protocol's {@link recoverSigner}, including v and low s. The public key is recovered the first
 * time (SEC 1 v2, section 4.1.6). Later signatures of that signer are verified with the cached key (section 4.1.4):
 * this computes the same point R, whose x must be r and whose parity of y must match v.
 */
export function isSignedBy(digest: Hex, signature: Hex, address: Hex): boolean {
  if (!isHex(digest, HASH_SIZE) || !isHex(signature, SIGNATURE_SIZE)) return false;
  const bytes = fromHex(signature);
  const parity = (bytes[SIGNATURE_SIZE - 1] ?? 0) - 27;
  if (parity !== 0 && parity !== 1) return false;
  try {
    const parsed = Signature.fromBytes(bytes.subarray(0, SIGNATURE_SIZE - 1), 'compact');
    if (parsed.hasHighS()) return false;
    const signer = known.get(address);
    if (signer !== undefined) return fits(signer, digest, parsed, parity);
    const key = parsed.addRecoveryBit(parity).recoverPublicKey(fromHex(digest));
    if (addressOfPoint(key) !== address) return false;
    known.set(address, { key, uses: 1, hasTable: false });
    return true;
  } catch {
    return false;
  }
}

/** ECDSA verification that also checks v: R = (h/s)·G + (r/s)·Q must have x = r and the parity of y that v states. */
function fits(signer: KnownSigner, digest: Hex, { r, s }: { r: bigint; s: bigint }, parity: number): boolean {
  countUse(signer);
  const inverse = Fn.inv(s);
  const hash = Fn.create(BigInt(digest));
  const point = Point.BASE.multiplyUnsafe(Fn.mul(hash, inverse)).add(signer.key.multiplyUnsafe(Fn.mul(r, inverse)));
  if (point.is0()) return false;
  const { x, y } = point.toAffine();
  return x === r && Number(y & 1n) === parity;
}

function countUse(signer: KnownSigner): void {
  signer.uses += 1;
  if (signer.hasTable || signer.uses < TABLE_AFTER_USES || tables >= TABLES_MAX) return;
  tables += 1;
  signer.hasTable = true;
  signer.key.precompute(TABLE_WINDOW, false);
}

function addressOfPoint(key: Point): Hex {
  const hash = keccak256(key.toBytes(false).subarray(1));
  return `0x${hash.slice(2 + 2 * (HASH_SIZE - ADDRESS_SIZE))}`;
}
