import { fromHex, type Hex, keccak256, utf8 } from '@assay/protocol/encoding/bytes';
import { issueText } from '@assay/protocol/encoding/issue-text';
import { limits } from '@assay/protocol/limits';
import { type Role, roles } from '@assay/protocol/observation/role';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { addressOf, recoverSigner, signDigest } from '@assay/protocol/signature/signature';
import { z } from 'zod';
import { AGREEMENT_KEY_SIZE, agreementKeyOf, checkAgreementKey } from '../agreement/agreement-key.ts';
import {
  ADDRESS_SIZE,
  complaint,
  draw,
  hexSchema,
  lengthPrefixed,
  type Random,
  readJson,
  SIGNATURE_SIZE,
} from '../identity/encoding.ts';

/** The content of a request for the keys of a task's sealed content. */
export interface UnsealSubject {
  /** Config digest, to which every signature of the deployment is bound; 32 bytes. */
  readonly configDigest: Hex;
  /** 32 bytes. */
  readonly taskId: Hex;
  readonly role: Role;
  /** Content identifiers of sealed blobs; 1 to {@link limits.grantedKeysMax}, each once. */
  readonly contentIds: readonly string[];
}

/** A signed request for content keys. */
export interface UnsealRequest extends UnsealSubject {
  readonly version: 1;
  /** EVM address of the operator; 20 bytes. */
  readonly operator: Hex;
  /** Fresh X25519 public key for this request; 32 bytes. */
  readonly ephemeralKey: Hex;
  /** Recoverable secp256k1 signature of the operator over {@link unsealRequestDigest}; 65 bytes. */
  readonly signature: Hex;
}

const LABEL = 'assay/unseal-request/v1';

/** Schema of a content identifier: 1 to {@link limits.cidCharsMax} letters and digits. */
export const contentIdSchema = z
  .string()
  .max(limits.cidCharsMax)
  .regex(/^[0-9A-Za-z]+$/);

/** Schema of an unseal request as JSON; unknown fields are refused. */
const unsealRequestSchema: z.ZodType<UnsealRequest> = z.strictObject({
  version: z.literal(1),
  configDigest: hexSchema(32),
  taskId: hexSchema(32),
  role: z.enum(roles),
  contentIds: z
    .array(contentIdSchema)
    .min(1)
    .max(limits.grantedKeysMax)
    .refine((ids) => new Set(ids).size === ids.length, 'must not name a content twice'),
  operator: hexSchema(ADDRESS_SIZE),
  ephemeralKey: hexSchema(AGREEMENT_KEY_SIZE),
  signature: hexSchema(SIGNATURE_SIZE),
});

/**
 * The 32-byte digest of a request: Keccak-256 over the length-prefixed list of label, config digest, task, role,
 * operator, ephemeral key and content identifiers.
 */
export function unsealRequestDigest(request: Omit<UnsealRequest, 'signature'>): Hex {
  return keccak256(unsealRequestBytes(request));
}

/** The bytes whose Keccak-256 {@link unsealRequestDigest} is. */
export function unsealRequestBytes(request: Omit<UnsealRequest, 'signature'>): Uint8Array {
  return lengthPrefixed([
    LABEL,
    fromHex(request.configDigest),
    fromHex(request.taskId),
    request.role,
    fromHex(request.operator),
    fromHex(request.ephemeralKey),
    ...request.contentIds,
  ]);
}

/**
 * Makes a request for content keys: draws an ephemeral X25519 key and signs. Keep `ephemeralSecret` (32 bytes) until
 * the grant is opened, then delete it.
 * @throws Error when the signing key is not a secp256k1 secret key or `random` is broken.
 */
export function makeUnsealRequest(
  subject: UnsealSubject,
  signingKey: Uint8Array,
  random: Random,
): { readonly request: UnsealRequest; readonly ephemeralSecret: Uint8Array } {
  const ephemeralSecret = draw(random, AGREEMENT_KEY_SIZE);
  const unsigned = {
    version: 1 as const,
    configDigest: subject.configDigest,
    taskId: subject.taskId,
    role: subject.role,
    contentIds: subject.contentIds,
    operator: addressOf(signingKey),
    ephemeralKey: agreementKeyOf(ephemeralSecret),
  };
  const signature = signDigest(unsealRequestDigest(unsigned), signingKey);
  return { request: { ...unsigned, signature }, ephemeralSecret };
}

/**
 * Checks a request and returns the operator's address (20 bytes), recovered from the signature. The caller must check
 * that this operator is in the task's committee. Refused: does not match the schema (`request-malformed`), another
 * deployment or policy (`wrong-config`), a bad ephemeral key (`low-order-point`, `non-canonical-point`), not signed by
 * the operator that it names (`forged`). A replayed request is harmless: only the holder of its ephemeral key
 * can open the answer.
 */
export function checkUnsealRequest(request: unknown, configDigest: Hex): Checked<Hex> {
  const parsed = unsealRequestSchema.safeParse(request, { error: issueText });
  if (!parsed.success) return refused('request-malformed', complaint(parsed.error));
  if (parsed.data.configDigest !== configDigest) {
    return refused('wrong-config', 'the request is bound to another config digest');
  }
  const bad = checkAgreementKey(parsed.data.ephemeralKey);
  if (bad !== undefined) return { ok: false, refusal: bad };
  const signer = recoverSigner(unsealRequestDigest(parsed.data), parsed.data.signature);
  if (signer === undefined || signer !== parsed.data.operator) {
    return refused('forged', 'the request is not signed by the operator that it names');
  }
  return accepted(signer);
}

/** Writes a request as UTF-8 JSON. */
export function encodeUnsealRequest(request: UnsealRequest): Uint8Array {
  return utf8(JSON.stringify(request));
}

/**
 * Reads a request from UTF-8 JSON of at most {@link limits.grantBytesMax} bytes. Refused: anything else
 * (`request-malformed`). The signature is not checked here.
 */
export function decodeUnsealRequest(bytes: Uint8Array): Checked<UnsealRequest> {
  const parsed = unsealRequestSchema.safeParse(readJson(bytes, limits.grantBytesMax), { error: issueText });
  return parsed.success ? accepted(parsed.data) : refused('request-malformed', complaint(parsed.error));
}
