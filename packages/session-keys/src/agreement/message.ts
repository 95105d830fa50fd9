import { fromHex, type Hex, keccak256, utf8 } from '@assay/protocol/encoding/bytes';
import { issueText } from '@assay/protocol/encoding/issue-text';
import { limits } from '@assay/protocol/limits';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { signDigest } from '@assay/protocol/signature/signature';
import { z } from 'zod';
import { complaint, hexSchema, lengthPrefixed, readJson, SIGNATURE_SIZE } from '../identity/encoding.ts';
import { type Identities, identityParts, type Party, partySchema } from '../identity/identity.ts';
import { isSignedBy } from '../identity/signer.ts';
import { bodyParts, bodySchema, type MessageBody } from './message-body.ts';
import { METHODS, type Method } from './transcript.ts';

/** One signed message of an agreement. Every message goes to both other parties. */
export interface Message {
  readonly version: 1;
  readonly method: Method;
  /** 32 bytes. */
  readonly sessionId: Hex;
  /** The round that the message belongs to, from 1. */
  readonly round: number;
  readonly sender: Party;
  /** The transcript hash over all earlier rounds, as the sender knows them; 32 bytes. */
  readonly transcript: Hex;
  readonly body: MessageBody;
  /** Recoverable secp256k1 signature over {@link messageDigest}; 65 bytes. */
  readonly signature: Hex;
}

/** An unsigned message. */
export type UnsignedMessage = Omit<Message, 'signature'>;

const MESSAGE_LABEL = 'assay/session/v1/message';

/** Maximum number of rounds of any method; a bound for the schema. */
const MAX_ROUNDS = 8;

/** Schema of a message as JSON; unknown fields are refused. */
export const messageSchema: z.ZodType<Message> = z.strictObject({
  version: z.literal(1),
  method: z.enum(METHODS),
  sessionId: hexSchema(32),
  round: z.int().min(1).max(MAX_ROUNDS),
  sender: partySchema,
  transcript: hexSchema(32),
  body: bodySchema,
  signature: hexSchema(SIGNATURE_SIZE),
});

/** Cache of digests, because one step needs the digest of the same message several times. */
const digests = new WeakMap<UnsignedMessage, { readonly identities: Identities; readonly digest: Hex }>();

/**
 * The 32-byte digest of a message: Keccak-256 over the length-prefixed list of label, version, method, session, round,
 * sender, the addresses and agreement keys of all three, transcript hash and body. The signature is over this digest,
 * and the transcript includes it, so signing the same content twice gives the same message.
 */
export function messageDigest(message: UnsignedMessage, identities: Identities): Hex {
  const known = digests.get(message);
  if (known?.identities === identities) return known.digest;
  const digest = keccak256(
    lengthPrefixed([
      MESSAGE_LABEL,
      Uint8Array.of(message.version),
      message.method,
      fromHex(message.sessionId),
      Uint8Array.of(message.round),
      message.sender,
      ...identityParts(identities),
      fromHex(message.transcript),
      ...bodyParts(message.body),
    ]),
  );
  digests.set(message, { identities, digest });
  return digest;
}

/**
 * Signs a message.
 * @throws Error when the signing key is not a secp256k1 secret key.
 */
export function signMessage(message: UnsignedMessage, identities: Identities, signingKey: Uint8Array): Message {
  return { ...message, signature: signDigest(messageDigest(message, identities), signingKey) };
}

/** Whether the signature is by the address that `identities` gives for the sender. */
export function isSignedBySender(message: Message, identities: Identities): boolean {
  return isSignedBy(messageDigest(message, identities), message.signature, identities[message.sender].address);
}

/** Writes a message as UTF-8 JSON. */
export function encodeMessage(message: Message): Uint8Array {
  return utf8(JSON.stringify(message));
}

/**
 * Reads a message from UTF-8 JSON. Refused: more than {@link limits.sessionMessageBytesMax} (`too-long`); anything that is
 * not JSON of the schema (`message-malformed`). The signature is not checked here.
 */
export function decodeMessage(bytes: Uint8Array): Checked<Message> {
  if (bytes.length > limits.sessionMessageBytesMax) {
    return refused('too-long', `${bytes.length} bytes; at most ${limits.sessionMessageBytesMax} are accepted`);
  }
  const parsed = messageSchema.safeParse(readJson(bytes, limits.sessionMessageBytesMax), { error: issueText });
  return parsed.success ? accepted(parsed.data) : refused('message-malformed', complaint(parsed.error));
}
