/**
 * The head of the audit log on chain: 48 bytes behind the call data of a batch's post. A contract reads its arguments
 * and nothing behind them, so the hub does not see the bytes, and the transaction keeps them for everyone.
 */
import { concatBytes, fromHex, type Hex, keccak256, toHex, utf8 } from '../encoding/bytes.ts';
import type { AuditHead } from './record.ts';

const tag = fromHex(keccak256(utf8('assay audit anchor v1'))).subarray(0, 8);
const anchorBytes = 48;

/** The bytes: 8 of a tag, 8 of the record's number, 32 of its digest. */
export function encodeAnchor({ number, digest }: AuditHead): Hex {
  const numberBytes = new Uint8Array(8);
  new DataView(numberBytes.buffer).setBigUint64(0, BigInt(number));
  return toHex(concatBytes(tag, numberBytes, fromHex(digest)));
}

/** The head that bytes behind a call state; undefined if they state none. */
export function decodeAnchor(bytes: Hex): AuditHead | undefined {
  const all = fromHex(bytes);
  if (all.length !== anchorBytes || tag.some((byte, index) => byte !== all[index])) return undefined;
  const number = Number(new DataView(all.buffer, all.byteOffset).getBigUint64(8));
  if (!Number.isSafeInteger(number) || number < 1) return undefined;
  return { number, digest: toHex(all.subarray(16)) };
}
