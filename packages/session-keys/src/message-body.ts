import { fromHex, type Hex } from '@assay/protocol/bytes';
import { z } from 'zod';
import { hexSchema } from './encoding.ts';
import { type Identities, identitiesSchema, identityParts, type Party, partySchema } from './identity.ts';

/** Opens an agreement: who takes part and who coordinates. */
export interface ProposeBody {
  readonly kind: 'propose';
  readonly coordinator: Party;
  readonly identities: Identities;
}

/** Answers a proposal by a fresh X25519 public key (32 bytes), used for this agreement and no other. */
export interface HelloBody {
  readonly kind: 'hello';
  readonly ephemeralKey: Hex;
}

/** The drawn key for one party, by HPKE in mode_auth (RFC 9180, section 5.1.3). */
export interface WrappedKey {
  readonly to: Party;
  /** HPKE encapsulated key; 32 bytes. */
  readonly encapsulated: Hex;
  /** The 32-byte key and its 16-byte tag; 48 bytes. */
  readonly ciphertext: Hex;
}

/** Hands the drawn key to the other two (in the order user, miner, oracle), with one public hash of it (32 bytes). */
export interface DeliverBody {
  readonly kind: 'deliver';
  readonly keyHash: Hex;
  readonly wrapped: readonly [WrappedKey, WrappedKey];
}

/** Proves possession of the session key: HMAC-SHA256, 32 bytes. */
export interface ConfirmBody {
  readonly kind: 'confirm';
  readonly mac: Hex;
}

/** What a session message says. */
export type MessageBody = ProposeBody | HelloBody | DeliverBody | ConfirmBody;

/** The kinds of session message. */
export type BodyKind = MessageBody['kind'];

const wrappedKeySchema = z.strictObject({ to: partySchema, encapsulated: hexSchema(32), ciphertext: hexSchema(48) });

/** Schema of a message body as JSON; unknown fields are refused. */
export const bodySchema: z.ZodType<MessageBody> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('propose'), coordinator: partySchema, identities: identitiesSchema }),
  z.strictObject({ kind: z.literal('hello'), ephemeralKey: hexSchema(32) }),
  z.strictObject({
    kind: z.literal('deliver'),
    keyHash: hexSchema(32),
    wrapped: z.tuple([wrappedKeySchema, wrappedKeySchema]),
  }),
  z.strictObject({ kind: z.literal('confirm'), mac: hexSchema(32) }),
]);

/** A body as parts of a digest: its kind, then its fields in the order of their declaration. */
export function bodyParts(body: MessageBody): (Uint8Array | string)[] {
  switch (body.kind) {
    case 'propose':
      return [body.kind, body.coordinator, ...identityParts(body.identities)];
    case 'hello':
      return [body.kind, fromHex(body.ephemeralKey)];
    case 'deliver':
      return [
        body.kind,
        fromHex(body.keyHash),
        ...body.wrapped.flatMap(({ to, encapsulated, ciphertext }) => [to, fromHex(encapsulated), fromHex(ciphertext)]),
      ];
    case 'confirm':
      return [body.kind, fromHex(body.mac)];
  }
}
