/** Makes and checks a certificate of whichever scheme the hub's verifier has. */
import type { Hex } from '../encoding/bytes.ts';
import { type Network, totalWeight, weightOf } from '../network/validator-set.ts';
import type { Checked } from '../refusal.ts';
import { isQuorum } from '../report/quorum.ts';
import { aggregateBls } from '../signature/bls.ts';
import { type CosignatureFields, cosignatureDigest } from '../signature/typed-data.ts';
import { assembleBlsCertificate, type BlsCosignature, checkBlsCertificate, isBlsCosigned } from './bls-certificate.ts';
import { assembleCertificate, type Certificate, type Cosignature, checkCertificate } from './certificate.ts';

/** A certificate, if there are enough valid signatures for one, and whose BLS signature was found to be invalid. */
export interface Certified {
  readonly certificate?: Certificate;
  readonly invalid: readonly Hex[];
}

/**
 * The certificate of cosignatures that `checkCosignature` accepted, at most one for each operator. BLS signatures are
 * checked as one aggregate: a pairing check takes about 20 ms. Only if that is wrong are the invalid ones searched, by
 * halves, and a certificate made of the others.
 * @param suspects Operators whose BLS signature was invalid before: the certificate does without them if it can, so that
 *   they cost no second search.
 */
export function certify(
  network: Network,
  batch: CosignatureFields,
  cosignatures: readonly Cosignature[],
  suspects: ReadonlySet<Hex> = new Set(),
): Certified {
  if (network.certificates !== 'bls') return certified(assembleCertificate(network, cosignatures));
  const digest = cosignatureDigest(network, batch);
  const all = cosignatures.flatMap(({ operator, blsSignature }) =>
    blsSignature === undefined ? [] : [{ operator, signature: blsSignature }],
  );
  const trusted = certifyBls(
    network,
    digest,
    all.filter(({ operator }) => !suspects.has(operator)),
  );
  if (trusted.certificate !== undefined || suspects.size === 0) return trusted;
  const { certificate, invalid } = certifyBls(
    network,
    digest,
    all.filter(({ operator }) => !trusted.invalid.includes(operator)),
  );
  return certified(certificate, [...trusted.invalid, ...invalid]);
}

/** The weight behind a certificate, or why the hub's verifier refuses it: the code is its error in words. */
export function checkAnyCertificate(network: Network, batch: CosignatureFields, certificate: Hex): Checked<bigint> {
  const check = network.certificates === 'bls' ? checkBlsCertificate : checkCertificate;
  return check(network, batch, certificate);
}

function certifyBls(network: Network, digest: Hex, signatures: readonly BlsCosignature[]): Certified {
  const weight = signatures.reduce((sum, { operator }) => sum + (weightOf(network, operator) ?? 0n), 0n);
  if (!isQuorum(weight, totalWeight(network))) return { invalid: [] };
  const invalid = invalidAmong(network, digest, signatures);
  const valid = signatures.filter(({ operator }) => !invalid.includes(operator));
  return certified(assembleBlsCertificate(network, valid), invalid);
}

/** Whose signature keeps an aggregate from being valid. Two that cancel each other out are no one's fault and do no harm. */
function invalidAmong(network: Network, digest: Hex, signatures: readonly BlsCosignature[]): Hex[] {
  if (isAggregateValid(network, digest, signatures)) return [];
  if (signatures.length === 1) return signatures.map(({ operator }) => operator);
  const half = signatures.length >> 1;
  return [signatures.slice(0, half), signatures.slice(half)].flatMap((part) => invalidAmong(network, digest, part));
}

function isAggregateValid(network: Network, digest: Hex, signatures: readonly BlsCosignature[]): boolean {
  const operators = signatures.map(({ operator }) => operator);
  const sum = sumOf(signatures.map(({ signature }) => signature));
  return sum !== undefined && isBlsCosigned(network, digest, operators, sum);
}

function sumOf(signatures: readonly Hex[]): Hex | undefined {
  try {
    return aggregateBls(signatures);
  } catch {
    // One of them is no point of the group.
    return undefined;
  }
}

function certified(certificate: Certificate | undefined, invalid: readonly Hex[] = []): Certified {
  return certificate === undefined ? { invalid } : { certificate, invalid };
}
