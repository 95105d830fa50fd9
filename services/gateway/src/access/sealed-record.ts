/**
 * Bytes on the bus that only gateways with the same secret can make and read: AES-256-GCM under a key of their own, so
 * that what is about one thing cannot stand for another.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { RandomBytes } from './key-record.ts';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** Seals bytes that are about something, such as `webhooks 0123456789abcdef`. */
export function sealRecord(about: string, bytes: Uint8Array, secret: string, random: RandomBytes): Buffer {
  const nonce = random(nonceBytes);
  const cipher = createCipheriv(algorithm, keyOf(about, secret), nonce);
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/** The bytes, if a gateway with this secret sealed them about the same; else undefined. */
export function openRecord(about: string, sealed: Uint8Array, secret: string): Buffer | undefined {
  if (sealed.length < nonceBytes + tagBytes) return undefined;
  const decipher = createDecipheriv(algorithm, keyOf(about, secret), sealed.subarray(0, nonceBytes));
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function keyOf(about: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(`assay sealed record v1\0${about}`).digest();
}
