import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import type { Refusal } from '@assay/protocol/refusal';
import { addressOf } from '@assay/protocol/signature/signature';
import { z } from 'zod';
import { AGREEMENT_KEY_SIZE, agreementKeyOf, checkAgreementKey } from '../agreement/agreement-key.ts';
import { ADDRESS_SIZE, hexSchema, isHex, requireSize } from './encoding.ts';

/** The three parties of a session, in the order in which every digest lists them. */
export const PARTIES = ['user', 'miner', 'oracle'] as const;

/** One of the three parties of a session. */
export type Party = (typeof PARTIES)[number];

/** The public part of a participant's identity, as in the SessionKeystore contract. */
export interface Identity {
  readonly party: Party;
  /** EVM address of the secp256k1 key that signs the participant's messages; 20 bytes. */
  readonly address: Hex;
  /** X25519 public key (RFC 7748); 32 bytes. */
  readonly agreementKey: Hex;
}

/** The three participants of a session. */
export type Identities = { readonly [P in Party]: Identity & { readonly party: P } };

/** The secret part of a participant's identity. It is never part of a state or message. */
export interface IdentitySecret {
  /** secp256k1 secret key: a scalar from 1 to n - 1, 32 bytes big-endian. */
  readonly signingKey: Uint8Array;
  /** X25519 secret key; 32 bytes. */
  readonly agreementSecret: Uint8Array;
}

/**
 * The public side of an identity.
 * @throws RangeError when a key does not have 32 bytes; Error when the signing key is zero or beyond the group order.
 */
export function identityOf<P extends Party>(party: P, secret: IdentitySecret): Identity & { readonly party: P } {
  requireSize(secret.signingKey, 32, 'the signing key');
  requireSize(secret.agreementSecret, AGREEMENT_KEY_SIZE, 'the agreement secret');
  return { party, address: addressOf(secret.signingKey), agreementKey: agreementKeyOf(secret.agreementSecret) };
}

/**
 * Checks three identities; `undefined` if they are valid. Refused: fields of a wrong size or form
 * (`identity-malformed`), bad agreement keys (`low-order-point`, `non-canonical-point`), and two participants with the
 * same address or agreement key (`identities-not-distinct`).
 */
export function checkIdentities(identities: Identities): Refusal | undefined {
  for (const party of PARTIES) {
    const identity = identities[party];
    if (identity.party !== party || !isHex(identity.address, ADDRESS_SIZE)) {
      return {
        code: 'identity-malformed',
        detail: `the ${party} needs its own party name and a lower-case address of 20 bytes`,
      };
    }
    const bad = checkAgreementKey(identity.agreementKey);
    if (bad !== undefined) return { code: bad.code, detail: `${party}: ${bad.detail}` };
  }
  const addresses = new Set(PARTIES.map((party) => identities[party].address));
  const keys = new Set(PARTIES.map((party) => identities[party].agreementKey));
  if (addresses.size < PARTIES.length || keys.size < PARTIES.length) {
    return { code: 'identities-not-distinct', detail: 'two participants share an address or an agreement key' };
  }
  return undefined;
}

/** Whether two sets of identities are the same, field by field. */
export function sameIdentities(left: Identities, right: Identities): boolean {
  return PARTIES.every(
    (party) => left[party].address === right[party].address && left[party].agreementKey === right[party].agreementKey,
  );
}

/** The identities as parts of a digest: address (20 bytes) and agreement key (32 bytes) of user, miner and oracle. */
export function identityParts(identities: Identities): Uint8Array[] {
  return PARTIES.flatMap((party) => [fromHex(identities[party].address), fromHex(identities[party].agreementKey)]);
}

/** Schema of a party name. */
export const partySchema = z.enum(PARTIES);

/** Schema of three identities as JSON. It checks the form only; {@link checkIdentities} checks the rest. */
export const identitiesSchema: z.ZodType<Identities> = z.strictObject({
  user: identitySchema('user'),
  miner: identitySchema('miner'),
  oracle: identitySchema('oracle'),
});

function identitySchema<P extends Party>(party: P) {
  return z.strictObject({
    party: z.literal(party),
    address: hexSchema(ADDRESS_SIZE),
    agreementKey: hexSchema(AGREEMENT_KEY_SIZE),
  });
}
