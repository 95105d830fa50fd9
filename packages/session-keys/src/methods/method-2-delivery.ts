import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { equalBytes } from '@noble/ciphers/utils.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { DeliverBody, WrappedKey } from '../agreement/message-body.ts';
import type { AgreementPlan } from '../agreement/transcript.ts';
import { lengthPrefixed, type Random } from '../identity/encoding.ts';
import { hpkeOpen, hpkeSeal } from '../identity/hpke.ts';
import type { Party } from '../identity/identity.ts';

/** The context that a delivery is bound to. */
export interface DeliveryContext {
  readonly plan: AgreementPlan;
  /** The transcript hash over proposal and both hellos; 32 bytes. */
  readonly transcript: Hex;
}

/** A recipient of the key: its name and the X25519 key of its hello (32 bytes). */
export interface Recipient {
  readonly party: Party;
  readonly ephemeralKey: Hex;
}

const KEY_HASH_LABEL = 'assay/session/v1/method-2/key-hash';
const WRAP_LABEL = 'assay/session/v1/method-2/wrap';

/**
 * The public hash that binds the coordinator to one key: SHA-256 over label, session, transcript hash and key; 32
 * bytes. The key is 32 random bytes, so the hash reveals nothing useful about it.
 */
export function deliveredKeyHash(context: DeliveryContext, drawnKey: Uint8Array): Hex {
  const parts = [KEY_HASH_LABEL, fromHex(context.plan.sessionId), fromHex(context.transcript), drawnKey];
  return toHex(sha256(lengthPrefixed(parts)));
}

/**
 * Wraps the drawn key (32 bytes) for one recipient by HPKE mode_auth (RFC 9180, section 5.1.3): from the coordinator's
 * agreement key to the recipient's ephemeral key, with session, transcript and recipient as info and the public hash as
 * associated data.
 */
export async function wrapDrawnKey(
  context: DeliveryContext,
  recipient: Recipient,
  drawnKey: Uint8Array,
  keyHash: Hex,
  agreementSecret: Uint8Array,
  random: Random,
): Promise<WrappedKey> {
  const sealing = {
    senderSecret: agreementSecret,
    senderKey: coordinatorKey(context.plan),
    recipientKey: recipient.ephemeralKey,
    info: wrapInfo(context, recipient.party),
    associated: fromHex(keyHash),
    plain: drawnKey,
  };
  const { encapsulated, ciphertext } = await hpkeSeal(sealing, random);
  return { to: recipient.party, encapsulated: toHex(encapsulated), ciphertext: toHex(ciphertext) };
}

/** The body of the coordinator's one delivery: the same key for both recipients and its public hash. */
export async function makeDelivery(
  context: DeliveryContext,
  recipients: readonly [Recipient, Recipient],
  drawnKey: Uint8Array,
  agreementSecret: Uint8Array,
  random: Random,
): Promise<DeliverBody> {
  const keyHash = deliveredKeyHash(context, drawnKey);
  const first = await wrapDrawnKey(context, recipients[0], drawnKey, keyHash, agreementSecret, random);
  const second = await wrapDrawnKey(context, recipients[1], drawnKey, keyHash, agreementSecret, random);
  return { kind: 'deliver', keyHash, wrapped: [first, second] };
}

/**
 * Extracts the drawn key (32 bytes) from a delivery. Refused: nothing for `party`, or nothing that it can open
 * (`delivery-unreadable`), and a key that does not match the public hash (`key-hash-mismatch`). This detects a
 * coordinator that gives two parties different keys under one hash. If it sends two hashes, the transcript detects it.
 */
export async function openDelivery(
  context: DeliveryContext,
  party: Party,
  ephemeralSecret: Uint8Array,
  delivery: DeliverBody,
): Promise<Checked<Uint8Array>> {
  const wrapped = delivery.wrapped.find(({ to }) => to === party);
  if (wrapped === undefined) return refused('delivery-unreadable', `the delivery holds nothing for the ${party}`);
  const drawnKey = await hpkeOpen({
    recipientSecret: ephemeralSecret,
    senderKey: coordinatorKey(context.plan),
    info: wrapInfo(context, party),
    associated: fromHex(delivery.keyHash),
    encapsulated: fromHex(wrapped.encapsulated),
    ciphertext: fromHex(wrapped.ciphertext),
  });
  if (drawnKey === undefined) return refused('delivery-unreadable', `the ${party} cannot open its delivery`);
  if (!equalBytes(fromHex(deliveredKeyHash(context, drawnKey)), fromHex(delivery.keyHash))) {
    return refused('key-hash-mismatch', 'the delivered key does not match the hash that the coordinator published');
  }
  return accepted(drawnKey);
}

function coordinatorKey(plan: AgreementPlan): Hex {
  return plan.identities[plan.coordinator].agreementKey;
}

function wrapInfo(context: DeliveryContext, recipient: Party): Uint8Array {
  return lengthPrefixed([WRAP_LABEL, fromHex(context.plan.sessionId), fromHex(context.transcript), recipient]);
}
