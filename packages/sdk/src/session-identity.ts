/** A participant's keys, and the identities of the others from the chain. */
import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import { addressOf } from '@assay/protocol/signature/signature';
import { type Identities, type IdentitySecret, identityOf, type Party } from '@assay/session-keys/identity/identity';
import type { ChainReader } from './chain-reader.ts';
import { platformRandom } from './platform-random.ts';

/** The chain access that an identity needs. */
export type Keystore = Pick<ChainReader, 'agreementKeyOf' | 'registerAgreementKey'>;

/**
 * The keys of a participant: its account's private key (32 bytes) and an X25519 agreement key (32 bytes), a fresh one
 * unless given. Keep both: without the agreement key, no later session can be opened under the same registration.
 */
export function makeIdentity(privateKey: Hex, agreementSecret: Uint8Array = platformRandom(32)): IdentitySecret {
  return { signingKey: fromHex(privateKey), agreementSecret };
}

/** Registers the agreement key in the keystore, unless it is registered already. The account pays the gas. */
export async function registerIdentity(chain: Keystore, privateKey: Hex, secret: IdentitySecret): Promise<void> {
  const { address, agreementKey } = identityOf('user', secret);
  if ((await chain.agreementKeyOf(address)) !== agreementKey)
    await chain.registerAgreementKey(privateKey, agreementKey);
}

/** The identities of three addresses from the keystore. Throws for an address that has no agreement key there. */
export async function readIdentities(chain: Keystore, addresses: Readonly<Record<Party, Hex>>): Promise<Identities> {
  const identityFor = async <P extends Party>(party: P) => {
    const address = addresses[party].toLowerCase() as Hex;
    const agreementKey = await chain.agreementKeyOf(address);
    if (agreementKey === undefined) throw new Error(`The ${party} ${address} has no agreement key in the keystore.`);
    return { party, address, agreementKey };
  };
  const [user, miner, oracle] = await Promise.all([identityFor('user'), identityFor('miner'), identityFor('oracle')]);
  return { user, miner, oracle };
}

/** The address of a participant's account. */
export function addressOfIdentity(secret: IdentitySecret): Hex {
  return addressOf(secret.signingKey);
}
