import { toHex } from '@assay/protocol/encoding/bytes';
import { draw, type Random } from '../identity/encoding.ts';
import type { HpkeSealing } from '../identity/hpke.ts';

type Signatures = typeof import('@assay/protocol/signature/signature');
type Signers = typeof import('../identity/signer.ts');
type Hpke = typeof import('../identity/hpke.ts');

/** A pure function that caches its results by `keyOf` of its arguments. */
function remembered<A extends unknown[], R>(pure: (...given: A) => R, keyOf: (...given: A) => string) {
  const answers = new Map<string, { readonly answer: R }>();
  return (...given: A): R => {
    const key = keyOf(...given);
    const known = answers.get(key) ?? { answer: pure(...given) };
    answers.set(key, known);
    return known.answer;
  };
}

/** The same signatures, each computed once: signing and recovering are pure, and slow where a test runs a thousand times. */
export function rememberedSignatures(real: Signatures): Signatures {
  return {
    ...real,
    addressOf: remembered(real.addressOf, toHex),
    signDigest: remembered(real.signDigest, (digest, key) => digest + toHex(key)),
  };
}

/** The same check of signers, each computed once. */
export function rememberedSigners(real: Signers): Signers {
  return { isSignedBy: remembered(real.isSignedBy, (digest, signature, address) => digest + signature + address) };
}

/** The same public-key encryption, each computed once for the same inputs and the same drawn bytes. */
export function rememberedHpke(real: Hpke): Hpke {
  const seal = remembered(
    (sealing: HpkeSealing, drawn: Uint8Array) => real.hpkeSeal(sealing, () => drawn),
    (sealing, drawn) => textOf(sealing) + toHex(drawn),
  );
  return {
    hpkeSeal: (sealing: HpkeSealing, random: Random) => seal(sealing, draw(random, 32)),
    hpkeOpen: remembered(real.hpkeOpen, textOf),
  };
}

function textOf(value: object): string {
  return JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? toHex(part) : part));
}
