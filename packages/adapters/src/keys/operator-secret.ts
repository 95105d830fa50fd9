/** Secrets that only the holder of an operator's key can derive. */
import { createHmac } from 'node:crypto';
import { fromHex, keccak256, toHex, utf8 } from '@assay/protocol/encoding/bytes';
import type { Keyring } from '@assay/protocol/ports';
import { blsSecretKey } from '@assay/protocol/signature/bls';

/**
 * 32 bytes that only the holder of the operator's key can derive. They are the same for every replica, because
 * signatures are deterministic (RFC 6979). The signed text is neither an EIP-712 message nor a transaction, so the
 * signature is useless elsewhere.
 */
export async function operatorSecret(keyring: Pick<Keyring, 'sign'>, purpose: string): Promise<Uint8Array> {
  const text = utf8(`assay operator secret v1 ${purpose}`);
  const signature = await keyring.sign(keccak256(text), toHex(text));
  return new Uint8Array(createHmac('sha256', fromHex(signature)).update(purpose).digest());
}

/** The BLS key that an operator cosigns with where the hub takes BLS certificates. */
export async function operatorBlsKey(keyring: Pick<Keyring, 'sign'>): Promise<Uint8Array> {
  return blsSecretKey(await operatorSecret(keyring, 'bls cosignatures'));
}
