import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import { accepted, type Checked } from '@assay/protocol/refusal';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { KEY_SIZE } from '../agreement/key-schedule.ts';
import { refused } from '../agreement/refusal.ts';
import {
  ADDRESS_SIZE,
  complaint,
  hexSchema,
  isHex,
  lengthPrefixed,
  type Random,
  readJson,
  requireSize,
} from '../identity/encoding.ts';
import { hpkeOpen, hpkeSeal } from '../identity/hpke.ts';
import { contentIdSchema, type UnsealRequest, unsealRequestDigest } from './unseal-request.ts';

/** The key of one content. */
export interface GrantedKey {
  readonly cid: string;
  /** 32 bytes. */
  readonly contentKey: Uint8Array;
}

/** Content keys for one validator, encrypted to the ephemeral key of its request. */
export interface Grant {
  readonly version: 1;
  /** 32 bytes. */
  readonly taskId: Hex;
  /** 20 bytes. */
  readonly operator: Hex;
  /** HPKE encapsulated key; 32 bytes. */
  readonly encapsulated: Hex;
  /** JSON list of content identifiers and keys, encrypted; at least 18 bytes. */
  readonly ciphertext: Hex;
}

const INFO_LABEL = 'assay/grant/v1/info';
const ASSOCIATED_LABEL = 'assay/grant/v1/keys';

const grantedListSchema = z
  .array(z.strictObject({ cid: contentIdSchema, contentKey: hexSchema(KEY_SIZE) }))
  .max(limits.grantedKeysMax);

/** Schema of a grant as JSON; unknown fields are refused. */
const grantSchema: z.ZodType<Grant> = z.strictObject({
  version: z.literal(1),
  taskId: hexSchema(32),
  operator: hexSchema(ADDRESS_SIZE),
  encapsulated: hexSchema(32),
  ciphertext: z.custom<Hex>(
    (value) =>
      typeof value === 'string' && value.length <= limits.grantBytesMax && isHex(value, (value.length - 2) / 2),
    'must be lower-case hexadecimal digits',
  ),
});

/**
 * Encrypts content keys for the validator that sent `request`, with HPKE mode_auth (RFC 9180, section 5.1.3) from the
 * oracle's agreement key to the request's ephemeral key. Bound to task and operator and, through the request's digest,
 * to everything that the validator signed. The caller must check the request first. Refused: a key for content that the
 * request does not name, or two for the same content (`content-not-asked-for`). Fewer keys than requested are valid.
 * @throws RangeError when a key does not have 32 bytes; EncapError when the request's key is a point of low order.
 */
export async function wrapGrant(
  request: UnsealRequest,
  oracle: { readonly agreementSecret: Uint8Array; readonly agreementKey: Hex },
  keys: readonly GrantedKey[],
  random: Random,
): Promise<Checked<Grant>> {
  const unasked = complaintAboutContents(request, keys);
  if (unasked !== undefined) return refused('content-not-asked-for', unasked);
  const list = keys.map(({ cid, contentKey }) => {
    requireSize(contentKey, KEY_SIZE, 'a content key');
    return { cid, contentKey: toHex(contentKey) };
  });
  const sealed = await hpkeSeal(
    {
      senderSecret: oracle.agreementSecret,
      senderKey: oracle.agreementKey,
      recipientKey: request.ephemeralKey,
      info: grantInfo(request),
      associated: grantAssociated(request),
      plain: utf8ToBytes(JSON.stringify(list)),
    },
    random,
  );
  return accepted({
    version: 1,
    taskId: request.taskId,
    operator: request.operator,
    encapsulated: toHex(sealed.encapsulated),
    ciphertext: toHex(sealed.ciphertext),
  });
}

/**
 * Opens the answer to an own request. Refused: another task or operator (`grant-for-another-request`); another oracle,
 * another request or any changed bit (`grant-not-authentic`); a list that does not match the schema (`grant-malformed`)
 * or contains a key that was not requested (`content-not-asked-for`).
 */
export async function openGrant(
  request: UnsealRequest,
  ephemeralSecret: Uint8Array,
  oracleAgreementKey: Hex,
  grant: Grant,
): Promise<Checked<readonly GrantedKey[]>> {
  if (grant.taskId !== request.taskId || grant.operator !== request.operator) {
    return refused('grant-for-another-request', 'the grant names another task or operator');
  }
  const plain = await hpkeOpen({
    recipientSecret: ephemeralSecret,
    senderKey: oracleAgreementKey,
    info: grantInfo(request),
    associated: grantAssociated(request),
    encapsulated: fromHex(grant.encapsulated),
    ciphertext: fromHex(grant.ciphertext),
  });
  if (plain === undefined) return refused('grant-not-authentic', 'the grant is not from this oracle for this request');
  const parsed = grantedListSchema.safeParse(readJson(plain, limits.grantBytesMax));
  if (!parsed.success) return refused('grant-malformed', complaint(parsed.error));
  const unasked = complaintAboutContents(request, parsed.data);
  if (unasked !== undefined) return refused('content-not-asked-for', unasked);
  return accepted(parsed.data.map(({ cid, contentKey }) => ({ cid, contentKey: fromHex(contentKey) })));
}

/** Writes a grant as UTF-8 JSON. */
export function encodeGrant(grant: Grant): Uint8Array {
  return utf8ToBytes(JSON.stringify(grant));
}

/** Reads a grant from UTF-8 JSON of at most {@link limits.grantBytesMax} bytes. Refused: anything else (`grant-malformed`). */
export function decodeGrant(bytes: Uint8Array): Checked<Grant> {
  const parsed = grantSchema.safeParse(readJson(bytes, limits.grantBytesMax));
  return parsed.success ? accepted(parsed.data) : refused('grant-malformed', complaint(parsed.error));
}

function complaintAboutContents(request: UnsealRequest, keys: readonly { readonly cid: string }[]): string | undefined {
  const asked = new Set(request.contentIds);
  for (const { cid } of keys) if (!asked.delete(cid)) return `${cid} was not requested, or occurs twice`;
  return undefined;
}

function grantInfo(request: UnsealRequest): Uint8Array {
  return lengthPrefixed([INFO_LABEL, fromHex(request.configDigest), request.role]);
}

function grantAssociated(request: UnsealRequest): Uint8Array {
  const parts = [
    ASSOCIATED_LABEL,
    fromHex(request.taskId),
    fromHex(request.operator),
    fromHex(unsealRequestDigest(request)),
  ];
  return lengthPrefixed(parts);
}
