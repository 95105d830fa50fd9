/** Bytes, hexadecimal text and the two hashes of the protocol. */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { primitives } from '../signature/primitives.ts';

/** Lower-case hexadecimal text with the prefix `0x`. */
export type Hex = `0x${string}`;

/** Bytes to `0x…` in lower case. */
export function toHex(bytes: Uint8Array): Hex {
  return `0x${primitives().toHexDigits(bytes)}`;
}

/** `0x…` to bytes. Throws on odd length or a character that is not hexadecimal. */
export function fromHex(hex: Hex): Uint8Array {
  return primitives().fromHexDigits(hex.slice(2));
}

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return utf8ToBytes(text);
}

/** Keccak-256 (the EVM's hash) of bytes, 32 bytes as hex. */
export function keccak256(bytes: Uint8Array): Hex {
  return toHex(primitives().keccak256(bytes));
}

/** SHA-256 (FIPS 180-4) of bytes, 32 bytes as hex. */
export function sha256Hex(bytes: Uint8Array): Hex {
  return toHex(primitives().sha256(bytes));
}

/** The concatenation of the parts. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
