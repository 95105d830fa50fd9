import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import { z } from 'zod';
import { hexSchema } from '../identity/encoding.ts';
import { type Identities, identitiesSchema, identityParts, type Party, partySchema } from '../identity/identity.ts';

/** Participants and coordinator, as stated by the first message of either method. */
interface PlanFields {
  readonly coordinator: Party;
  readonly identities: Identities;
}

/** Method 1, round 1: commits to an ephemeral key; SHA-256, 32 bytes. */
export interface CommitBody extends PlanFields {
  readonly kind: 'commit';
  readonly commitment: Hex;
}

/** Method 1, round 2: the committed X25519 key (32 bytes) and its blind (32 bytes). */
export interface OpenBody {
  readonly kind: 'open';
  readonly ephemeralKey: Hex;
  readonly blind: Hex;
}

/** A pair's contribution to the key, as sent by one of the pair. */
export interface Contribution {
  /** The other member of the pair. */
  readonly peer: Party;
  /** Binding hash of the contribution; SHA-256, 32 bytes; the same from both of the pair. */
  readonly hash: Hex;
  /** The contribution for the third party, by XChaCha20-Poly1305: 32 bytes and a tag of 16. */
  readonly sealed: Hex;
}

/** Method 1, round 3: the contributions of the sender's two pairs, peers in the order user, miner, oracle. */
export interface ContributeBody {
  readonly kind: 'contribute';
  readonly contributions: readonly [Contribution, Contribution];
}

/** Method 2, round 1: opens an agreement. */
export interface ProposeBody extends PlanFields {
  readonly kind: 'propose';
}

/** Method 2, round 2: answers a proposal by a fresh X25519 key (32 bytes), used for this agreement and no other. */
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

/**
 * Method 2, round 3: sends the drawn key to the other two (in the order user, miner, oracle), with its public hash (32
 * bytes).
 */
export interface DeliverBody {
  readonly kind: 'deliver';
  readonly keyHash: Hex;
  readonly wrapped: readonly [WrappedKey, WrappedKey];
}

/** Round 4 of either method: proves possession of the session key; HMAC-SHA256, 32 bytes. */
export interface ConfirmBody {
  readonly kind: 'confirm';
  readonly mac: Hex;
}

/** The oracle moves an established session to its next epoch and proves that it holds that epoch's key; HMAC-SHA256, 32 bytes. */
export interface RekeyBody {
  readonly kind: 'rekey';
  readonly epoch: number;
  readonly mac: Hex;
}

/** A party ends the session: all three delete their keys. */
export interface CloseBody {
  readonly kind: 'close';
}

/** The content of a session message. */
export type MessageBody =
  | CommitBody
  | OpenBody
  | ContributeBody
  | ProposeBody
  | HelloBody
  | DeliverBody
  | ConfirmBody
  | RekeyBody
  | CloseBody;

/** The kinds of session message. */
export type BodyKind = MessageBody['kind'];

const planFields = { coordinator: partySchema, identities: identitiesSchema };
const wrappedKeySchema = z.strictObject({ to: partySchema, encapsulated: hexSchema(32), ciphertext: hexSchema(48) });
const contributionSchema = z.strictObject({ peer: partySchema, hash: hexSchema(32), sealed: hexSchema(48) });

/** Schema of a message body as JSON; unknown fields are refused. */
export const bodySchema: z.ZodType<MessageBody> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('commit'), ...planFields, commitment: hexSchema(32) }),
  z.strictObject({ kind: z.literal('open'), ephemeralKey: hexSchema(32), blind: hexSchema(32) }),
  z.strictObject({
    kind: z.literal('contribute'),
    contributions: z.tuple([contributionSchema, contributionSchema]),
  }),
  z.strictObject({ kind: z.literal('propose'), ...planFields }),
  z.strictObject({ kind: z.literal('hello'), ephemeralKey: hexSchema(32) }),
  z.strictObject({
    kind: z.literal('deliver'),
    keyHash: hexSchema(32),
    wrapped: z.tuple([wrappedKeySchema, wrappedKeySchema]),
  }),
  z.strictObject({ kind: z.literal('confirm'), mac: hexSchema(32) }),
  z.strictObject({ kind: z.literal('rekey'), epoch: z.int().min(1).max(limits.sessionEpochMax), mac: hexSchema(32) }),
  z.strictObject({ kind: z.literal('close') }),
]);

/** A body as parts of a digest: its kind, then its fields in the order of their declaration. */
export function bodyParts(body: MessageBody): (Uint8Array | string)[] {
  switch (body.kind) {
    case 'commit':
      return [body.kind, body.coordinator, ...identityParts(body.identities), fromHex(body.commitment)];
    case 'open':
      return [body.kind, fromHex(body.ephemeralKey), fromHex(body.blind)];
    case 'contribute':
      return [
        body.kind,
        ...body.contributions.flatMap(({ peer, hash, sealed }) => [peer, fromHex(hash), fromHex(sealed)]),
      ];
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
    case 'rekey':
      return [body.kind, String(body.epoch), fromHex(body.mac)];
    case 'close':
      return [body.kind];
  }
}
