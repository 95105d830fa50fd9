import { fromHex } from '@assay/protocol/encoding/bytes';
import { describe, expect, it } from 'vitest';
import { agreementKeyOf } from '../agreement/agreement-key.ts';
import { flipBit, LOW_ORDER_POINTS, seededBytes, seededRandom } from '../agreement/three-parties.fixture.ts';
import { hpkeOpen, hpkeSeal } from './hpke.ts';

const senderSecret = seededBytes('sender');
const recipientSecret = seededBytes('recipient');
const shared = { info: seededBytes('info', 7), associated: seededBytes('associated', 9) };
const plain = seededBytes('plain');
const sealing = {
  ...shared,
  plain,
  senderSecret,
  senderKey: agreementKeyOf(senderSecret),
  recipientKey: agreementKeyOf(recipientSecret),
};
const opening = { ...shared, recipientSecret, senderKey: agreementKeyOf(senderSecret) };

describe('authenticated encryption to a public key', () => {
  it('opens what was sealed and draws its ephemeral key from the given source only', async () => {
    const sealed = await hpkeSeal(sealing, seededRandom('one'));
    expect(await hpkeOpen({ ...opening, ...sealed })).toEqual(plain);
    expect(await hpkeSeal(sealing, seededRandom('one'))).toEqual(sealed);
    expect((await hpkeSeal(sealing, seededRandom('two'))).encapsulated).not.toEqual(sealed.encapsulated);
  });

  it('opens nothing when anything differs', async () => {
    const sealed = await hpkeSeal(sealing, seededRandom('one'));
    const stranger = seededBytes('stranger');
    const differing = [
      { info: seededBytes('other') },
      { associated: seededBytes('other') },
      { recipientSecret: stranger },
      { senderKey: agreementKeyOf(stranger) },
      { ciphertext: flipBit(sealed.ciphertext, 5) },
      { ciphertext: sealed.ciphertext.subarray(1) },
      { ciphertext: new Uint8Array(0) },
      { encapsulated: flipBit(sealed.encapsulated, 5) },
      { encapsulated: sealed.encapsulated.subarray(1) },
    ];
    for (const change of differing) expect(await hpkeOpen({ ...opening, ...sealed, ...change })).toBeUndefined();
  });

  it.each(LOW_ORDER_POINTS)('refuses the low-order point %s on either side', async (point) => {
    await expect(hpkeSeal({ ...sealing, recipientKey: point }, seededRandom('one'))).rejects.toThrow();
    const sealed = await hpkeSeal(sealing, seededRandom('one'));
    expect(await hpkeOpen({ ...opening, ...sealed, encapsulated: fromHex(point) })).toBeUndefined();
    expect(await hpkeOpen({ ...opening, ...sealed, senderKey: point })).toBeUndefined();
  });
});
