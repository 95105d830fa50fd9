import { draw, hexOf, type Random } from './encoding.ts';
import type { HpkeSealing } from './hpke.ts';

type Signatures = typeof import('./signature.ts');
type Hpke = typeof import('./hpke.ts');

/** A pure function that remembers its answers by `keyOf` of its arguments. */
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
    addressOfKey: remembered(real.addressOfKey, hexOf),
    signDigest: remembered(real.signDigest, (digest, key) => hexOf(digest) + hexOf(key)),
    recoverSigner: remembered(real.recoverSigner, (digest, signature) => hexOf(digest) + signature),
  };
}

/** The same public-key encryption, each computed once for the same inputs and the same drawn bytes. */
export function rememberedHpke(real: Hpke): Hpke {
  const seal = remembered(
    (sealing: HpkeSealing, drawn: Uint8Array) => real.hpkeSeal(sealing, () => drawn),
    (sealing, drawn) => textOf(sealing) + hexOf(drawn),
  );
  return {
    hpkeSeal: (sealing: HpkeSealing, random: Random) => seal(sealing, draw(random, 32)),
    hpkeOpen: remembered(real.hpkeOpen, textOf),
  };
}

function textOf(value: object): string {
  return JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? hexOf(part) : part));
}
