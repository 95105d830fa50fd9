import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { issueText } from '@assay/protocol/encoding/issue-text';
import { limits } from '@assay/protocol/limits';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { KEY_SIZE } from '../agreement/key-schedule.ts';
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

/**
 * Why there is no key for sealed content: the Oracle could not read the blob (`content-missing`, `cid-mismatch`), it
 * does not hold the session (`session-unknown`), the session is closed, its epoch is over or has not begun, or the
 * session is not the one of the submission's miner.
 */
export const keyAbsences = [
  'content-missing',
  'cid-mismatch',
  'session-unknown',
  'session-closed',
  'epoch-unknown',
  'session-of-another-miner',
] as const;
export type KeyAbsence = (typeof keyAbsences)[number];

/** What a grant says of one content: its key (32 bytes), that it is not sealed, or why there is no key. */
export type GrantEntry =
  | { readonly cid: string; readonly status: 'key'; readonly contentKey: Uint8Array }
  | { readonly cid: string; readonly status: 'not-sealed' }
  | { readonly cid: string; readonly status: 'unavailable'; readonly why: KeyAbsence };

/** Content keys for one validator, encrypted to the ephemeral key of its request. */
export interface Grant {
  readonly version: 2;
  /** 32 bytes. */
  readonly taskId: Hex;
  /** 20 bytes. */
  readonly operator: Hex;
  /** HPKE encapsulated key; 32 bytes. */
  readonly encapsulated: Hex;
  /** JSON list of what is said of each content, encrypted; at least 18 bytes. */
  readonly ciphertext: Hex;
}

const INFO_LABEL = 'assay/grant/v2/info';
const ASSOCIATED_LABEL = 'assay/grant/v2/keys';

const entryListSchema = z
  .array(
    z.discriminatedUnion('status', [
      z.strictObject({ cid: contentIdSchema, status: z.literal('key'), contentKey: hexSchema(KEY_SIZE) }),
      z.strictObject({ cid: contentIdSchema, status: z.literal('not-sealed') }),
      z.strictObject({ cid: contentIdSchema, status: z.literal('unavailable'), why: z.enum(keyAbsences) }),
    ]),
  )
  .max(limits.grantedKeysMax);

/** Schema of a grant as JSON; unknown fields are refused. */
const grantSchema: z.ZodType<Grant> = z.strictObject({
  version: z.literal(2),
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
 * Encrypts what is granted to the validator that sent `request`, with HPKE mode_auth (RFC 9180, section 5.1.3) from the
 * oracle's agreement key to the request's ephemeral key. Bound to task and operator and, through the request's digest,
 * to everything that the validator signed. The caller must check the request first. Refused: content that the request
 * does not name, or twice the same (`content-not-asked-for`); requested content that is not mentioned
 * (`grant-incomplete`).
 * @throws RangeError when a key does not have 32 bytes; EncapError when the request's key is a point of low order.
 */
export async function wrapGrant(
  request: UnsealRequest,
  oracle: { readonly agreementSecret: Uint8Array; readonly agreementKey: Hex },
  entries: readonly GrantEntry[],
  random: Random,
): Promise<Checked<Grant>> {
  const unfit = checkContents(request, entries);
  if (!unfit.ok) return unfit;
  const list = entries.map((entry) => {
    if (entry.status !== 'key') return entry;
    requireSize(entry.contentKey, KEY_SIZE, 'a content key');
    return { ...entry, contentKey: toHex(entry.contentKey) };
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
    version: 2,
    taskId: request.taskId,
    operator: request.operator,
    encapsulated: toHex(sealed.encapsulated),
    ciphertext: toHex(sealed.ciphertext),
  });
}

/**
 * Opens the answer to an own request. Refused: another task or operator (`grant-for-another-request`); another oracle,
 * another request or any changed bit (`grant-not-authentic`); a list that does not match the schema (`grant-malformed`),
 * mentions what was not requested (`content-not-asked-for`) or omits what was (`grant-incomplete`).
 */
export async function openGrant(
  request: UnsealRequest,
  ephemeralSecret: Uint8Array,
  oracleAgreementKey: Hex,
  grant: Grant,
): Promise<Checked<readonly GrantEntry[]>> {
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
  const parsed = entryListSchema.safeParse(readJson(plain, limits.grantBytesMax), { error: issueText });
  if (!parsed.success) return refused('grant-malformed', complaint(parsed.error));
  const unfit = checkContents(request, parsed.data);
  if (!unfit.ok) return unfit;
  return accepted(
    parsed.data.map((entry) => (entry.status === 'key' ? { ...entry, contentKey: fromHex(entry.contentKey) } : entry)),
  );
}

/** Writes a grant as UTF-8 JSON. */
export function encodeGrant(grant: Grant): Uint8Array {
  return utf8ToBytes(JSON.stringify(grant));
}

/** Reads a grant from UTF-8 JSON of at most {@link limits.grantBytesMax} bytes. Refused: anything else (`grant-malformed`). */
export function decodeGrant(bytes: Uint8Array): Checked<Grant> {
  const parsed = grantSchema.safeParse(readJson(bytes, limits.grantBytesMax), { error: issueText });
  return parsed.success ? accepted(parsed.data) : refused('grant-malformed', complaint(parsed.error));
}

/** Every requested content is mentioned once, and nothing else is. */
function checkContents(request: UnsealRequest, entries: readonly { readonly cid: string }[]): Checked<undefined> {
  const asked = new Set(request.contentIds);
  for (const { cid } of entries)
    if (!asked.delete(cid)) return refused('content-not-asked-for', `${cid} was not requested, or occurs twice`);
  const [omitted] = asked;
  return omitted === undefined ? accepted(undefined) : refused('grant-incomplete', `${omitted} is not mentioned`);
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
