/**
 * Tokens of API keys, and the records that are kept of them. A record holds hashes of secrets and is authenticated under a
 * secret that gateways share: who can write to the bus can hide a record or repeat an old one, and can make none.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { type ApiKey, apiKeySchema, keyIdSchema } from '@assay/protocol/api/api-keys';
import { checkShape } from '@assay/protocol/encoding/decode';
import { limits } from '@assay/protocol/limits';
import { type Checked, refused } from '@assay/protocol/refusal';
import { z } from 'zod';

const hashSchema = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 hash');

const recordSchema = z.strictObject({
  key: apiKeySchema,
  /** 1 for a new key, one more with each change. */
  revision: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  secretHash: hashSchema,
  /** The secret before the last rotation, and until when it is valid. */
  previous: z.strictObject({ secretHash: hashSchema, untilMs: z.int().min(0) }).optional(),
});

/** What is kept of a key. */
export type KeyRecord = z.infer<typeof recordSchema>;

/** Random bytes, so many. */
export type RandomBytes = (count: number) => Uint8Array;

const idBytes = 8;
const secretBytes = 32;
const macBytes = 32;
const tokenPattern = /^assay_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** The parts of a token. */
export interface Token {
  readonly id: string;
  readonly secret: string;
}

/** A new token: 64 bits name the key, 256 bits nobody can guess. */
export function newToken(random: RandomBytes, id = Buffer.from(random(idBytes)).toString('hex')): Token {
  return { id, secret: Buffer.from(random(secretBytes)).toString('base64url') };
}

/** `assay_<id>_<secret>`: scanners for leaked secrets recognise the prefix. */
export function tokenText({ id, secret }: Token): string {
  return `assay_${id}_${secret}`;
}

/** The parts of a token's text; undefined if it is none. */
export function parseToken(text: string): Token | undefined {
  const [, id, secret] = tokenPattern.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** SHA-256 of a secret. It needs no slow hash: the secret has 256 random bits. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether a hash is that of the secret, in constant time. */
export function isHashOf(hash: string, secret: string): boolean {
  return timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(hashOf(secret), 'hex'));
}

/** The bytes of a record on the bus: the MAC, then JSON. */
export function encodeRecord(record: KeyRecord, macKey: string): Uint8Array {
  const json = Buffer.from(JSON.stringify(record));
  return Buffer.concat([macOf(json, macKey), json]);
}

/** The record of some bytes, if a gateway with the same secret made it for this id. */
export function decodeRecord(bytes: Uint8Array, id: string, macKey: string): Checked<KeyRecord> {
  if (bytes.length > limits.keyRecordBytesMax) return refused('too-long', 'The record of a key is too long.');
  const [mac, json] = [bytes.subarray(0, macBytes), bytes.subarray(macBytes)];
  if (mac.length !== macBytes || !timingSafeEqual(mac, macOf(json, macKey)))
    return refused('forged', 'The record of a key is not by a gateway with this secret.');
  const checked = checkShape(recordSchema, JSON.parse(Buffer.from(json).toString()));
  if (checked.ok && checked.value.key.id !== id) return refused('wrong-subject', 'The record is of another key.');
  return checked;
}

function macOf(json: Uint8Array, macKey: string): Buffer {
  return createHmac('sha256', macKey).update('assay api key v1\0').update(json).digest();
}

/** Whether a key is valid at a time, apart from its secret. */
export function isInForce({ expiresAtMs, revokedAtMs }: ApiKey, nowMs: number): boolean {
  return revokedAtMs === undefined && (expiresAtMs === undefined || nowMs < expiresAtMs);
}

/** The id of a key in the last part of its subject; undefined if it is none. */
export function keyIdOf(subject: string): string | undefined {
  const checked = keyIdSchema.safeParse(subject.split('.').at(-1));
  return checked.success ? checked.data : undefined;
}
