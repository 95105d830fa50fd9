/** Keys at a remote signer: the same signatures as from a file, and no wrong signature is used. */
import { transactionSigner } from '@assay/adapters/evm/signing-account';
import { keyringFromSecret } from '@assay/adapters/keys/key-file';
import { operatorKeyring, transmitterKeyring } from '@assay/adapters/keys/keyring-settings';
import { connectRemoteSigner } from '@assay/adapters/keys/remote-signer';
import { toHex } from '@assay/protocol/encoding/bytes';
import { addressOf } from '@assay/protocol/signature/signature';
import { cosignatureToSign } from '@assay/protocol/signature/typed-data';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HttpSigner, startHttpSigner } from './http-signer.ts';

const key = new Uint8Array(32).fill(7);
const other = new Uint8Array(32).fill(9);
const address = addressOf(key);
const { digest, preimage } = cosignatureToSign(
  { chainId: 31_337, hub: `0x${'ab'.repeat(20)}` },
  { configDigest: `0x${'01'.repeat(32)}`, epoch: 3, sequence: 9, root: `0x${'02'.repeat(32)}`, count: 5 },
);

let signer: HttpSigner;
beforeEach(async () => {
  signer = await startHttpSigner(key);
});
afterEach(() => signer.stop());

describe('a remote signer', () => {
  it('gives the signature that the key in a file gives', async () => {
    const remote = await connectRemoteSigner({ url: `${signer.url}/`, address });
    expect(await remote.sign(digest, preimage)).toBe(await keyringFromSecret(toHex(key)).sign(digest, preimage));
    expect([remote.address, signer.signed()]).toEqual([address, 1]);
  });

  it('must have the key of the operator', async () => {
    await expect(connectRemoteSigner({ url: signer.url, address: addressOf(other) })).rejects.toThrow(
      /has no key of 0x/,
    );
  });

  it('is refused when it signs with another key', async () => {
    const remote = await connectRemoteSigner({ url: signer.url, address });
    signer.use(other);
    await expect(remote.sign(digest, preimage)).rejects.toThrow(/gave no signature of 0x/);
  });

  it('gets no request for bytes that do not match the digest', async () => {
    const remote = await connectRemoteSigner({ url: signer.url, address });
    await expect(remote.sign(digest, '0x1901')).rejects.toThrow(RangeError);
    expect(signer.signed()).toBe(0);
  });

  it('that is silent or down gives an error that says so', async () => {
    const remote = await connectRemoteSigner({ url: signer.url, address, timeoutMs: 1_500 });
    signer.wait(60_000);
    await expect(remote.sign(digest, preimage)).rejects.toThrow(/does not answer/);
    await signer.stop();
    await expect(connectRemoteSigner({ url: signer.url, address })).rejects.toThrow(/does not answer/);
  });
});

describe('an account whose key is at a remote signer', () => {
  it('signs the same transactions as with a local key', async () => {
    const remote = transactionSigner(await connectRemoteSigner({ url: signer.url, address }));
    const here = transactionSigner(toHex(key));
    for (const nonce of [0, 1, 2, 3, 300]) {
      const fees = { maxFeePerGas: 30_000_000_000n, maxPriorityFeePerGas: 1n, gas: 90_000n };
      const call = { to: `0x${'cd'.repeat(20)}`, data: '0xdeadbeef', chainId: 31_337, type: 'eip1559' } as const;
      const transaction = { ...call, ...fees, nonce };
      expect(await remote.signTransaction(transaction)).toBe(await here.signTransaction(transaction));
    }
    expect([remote.address, signer.signed()]).toEqual([address, 5]);
  });

  it('is named by the settings of a transmitter', async () => {
    const settings = { TRANSMITTER_SIGNER_URL: signer.url, TRANSMITTER_ADDRESS: address };
    expect((await transmitterKeyring(settings)).address).toBe(address);
    await expect(transmitterKeyring({})).rejects.toThrow('TRANSMITTER_KEY_FILE');
  });
});

describe('the settings of an operator', () => {
  it('name a signer and an address', async () => {
    expect((await operatorKeyring({ OPERATOR_SIGNER_URL: signer.url, OPERATOR_ADDRESS: address })).address).toBe(
      address,
    );
  });

  it.each([
    ['nothing', {}],
    ['a signer without an address', { OPERATOR_SIGNER_URL: 'http://127.0.0.1:1' }],
    ['both', { OPERATOR_KEY_FILE: 'operator.key', OPERATOR_SIGNER_URL: 'http://127.0.0.1:1' }],
  ])('are refused when they name %s', async (_, settings) => {
    await expect(operatorKeyring(settings)).rejects.toThrow('set either OPERATOR_KEY_FILE, or OPERATOR_SIGNER_URL');
  });
});
