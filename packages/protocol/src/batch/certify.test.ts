import { describe, expect, it } from 'vitest';
import type { Hex } from '../encoding/bytes.ts';
import { exampleBlsCosignature, exampleBlsSignature, withBlsCertificates } from '../network/example-bls.ts';
import {
  exampleCosignature,
  exampleNetwork,
  exampleObservations,
  exampleProposal,
  exampleTask,
} from '../network/example-network.ts';
import { aggregateBls, signBls } from '../signature/bls.ts';
import { type Cosignature, checkCosignature } from './certificate.ts';
import { certify, checkAnyCertificate } from './certify.ts';
import { cosignatureFieldsOf } from './proposal.ts';

/** Operators at a hub that takes BLS certificates, and one batch. */
function batchOf(weights: readonly bigint[], keyless: readonly number[] = []) {
  const example = withBlsCertificates(exampleNetwork(weights), keyless);
  const { network } = example;
  const { task } = exampleTask();
  const proposal = exampleProposal(example, [{ task, observations: exampleObservations(example, task) }]);
  const fields = cosignatureFieldsOf(network, proposal);
  const addressOf = (index: number) => example.operators[index]?.address ?? '0x';
  return {
    network,
    fields,
    addressOf,
    own: (index: number) => exampleBlsSignature(example, proposal, index),
    signed: (index: number, signature?: Hex) => exampleBlsCosignature(example, proposal, index, signature),
    ecdsa: (index: number) => exampleCosignature(example, proposal, index),
    certify: (cosignatures: readonly Cosignature[], suspects: readonly number[] = []) =>
      certify(network, fields, cosignatures, new Set(suspects.map(addressOf))),
    /** The weight behind a certificate, or the code of the refusal. */
    check: (certificate: Hex | undefined) => {
      const checked = checkAnyCertificate(network, fields, certificate ?? '0x');
      return checked.ok ? checked.value : checked.refusal.code;
    },
  };
}

/** Five of equal weight, the last without a BLS key. */
const five = batchOf([1n, 1n, 1n, 1n, 1n], [4]);
/** The first has a quorum by itself. */
const heavy = batchOf([20n, 1n, 1n, 1n]);

describe('certificates where the hub takes BLS', () => {
  it('need more than two thirds of the whole weight, including members without a key', () => {
    const cosignatures = [0, 1, 2, 3].map((index) => five.signed(index));
    expect(five.certify(cosignatures.slice(1))).toEqual({ invalid: [] });
    const { certificate, invalid } = five.certify(cosignatures);
    expect(invalid).toEqual([]);
    expect(certificate?.bytes).toHaveLength(2 + 2 * 96);
    expect(certificate?.signers).toEqual([0, 1, 2, 3].map(five.addressOf));
    expect(five.check(certificate?.bytes)).toBe(4n);
  });

  it('name who is missing, and are refused with a bit flipped, a wrong name or too few', () => {
    const bytes = heavy.certify([heavy.signed(0), heavy.signed(1)]).certificate?.bytes ?? '0x';
    expect(bytes.slice(-4)).toBe('0203');
    expect(heavy.check(bytes)).toBe(21n);
    expect(heavy.check(bytes.slice(0, -2) as Hex)).toBe('invalid-aggregate');
    expect(heavy.check(`${bytes}04`)).toBe('unknown-non-signer');
    expect(heavy.check(`${bytes.slice(0, -4)}0103` as Hex)).toBe('invalid-aggregate');
    expect(heavy.check(`${bytes.slice(0, -4)}0302` as Hex)).toBe('non-signers-not-ascending');
    expect(heavy.check(`${bytes.slice(0, -4)}0202` as Hex)).toBe('non-signers-not-ascending');
    expect(heavy.check(`${bytes.slice(0, -4)}000102` as Hex)).toBe('quorum-not-reached');
    expect(heavy.check(bytes.slice(0, 40) as Hex)).toBe('malformed-certificate');
    const flipped = (Number.parseInt(bytes[101] ?? '0', 16) ^ 1).toString(16);
    expect(heavy.check(`${bytes.slice(0, 101)}${flipped}${bytes.slice(102)}` as Hex)).toBe('invalid-aggregate');
  });

  it.each([
    ['over something else', signBls(`0x${'01'.repeat(32)}`, new Uint8Array(32).fill(1))],
    ['by another operator', heavy.own(2)],
    ['of the possession proof', signBls(`0x${'01'.repeat(32)}`, new Uint8Array(32).fill(1), 'possession')],
    ['that is no point', `0x${'11'.repeat(96)}` as Hex],
    ['that is infinity', `0x${'00'.repeat(96)}` as Hex],
  ])('leave out a signature %s, and say whose it is', (_, wrong) => {
    const { certificate, invalid } = heavy.certify([heavy.signed(0), heavy.signed(1, wrong), heavy.signed(3)]);
    expect(invalid).toEqual([heavy.addressOf(1)]);
    expect(certificate?.signers).toEqual([0, 3].map(heavy.addressOf));
    expect(heavy.check(certificate?.bytes)).toBe(21n);
  });

  it('are not made while the valid signatures are too few', () => {
    const four = [five.signed(0), five.signed(1, five.own(2)), five.signed(2), five.signed(3)];
    expect(five.certify(four)).toEqual({ invalid: [five.addressOf(1)] });
  });

  it('do without operators that lied before where they can, and take their signatures where they must', () => {
    const cosignatures = [0, 1, 2, 3].map((index) => heavy.signed(index));
    expect(heavy.certify(cosignatures, [2]).certificate?.signers).toEqual([0, 1, 3].map(heavy.addressOf));
    const taken = heavy.certify(cosignatures, [0]).certificate;
    expect(taken?.signers).toEqual([0, 1, 2, 3].map(heavy.addressOf));
    expect(heavy.check(taken?.bytes)).toBe(23n);
    expect(heavy.certify([heavy.signed(0, heavy.own(1)), ...cosignatures.slice(1)], [0])).toEqual({
      invalid: [heavy.addressOf(0)],
    });
  });

  it('are valid if wrong signatures cancel each other out, because the hub sees only their sum', () => {
    const [one, other] = [heavy.signed(1, heavy.own(2)), heavy.signed(2, heavy.own(1))];
    const { certificate, invalid } = heavy.certify([heavy.signed(0), one, other, heavy.signed(3)]);
    expect(invalid).toEqual([]);
    expect(heavy.check(certificate?.bytes)).toBe(23n);
  });

  it('cannot be made by one operator for others, by a signature that makes up for theirs', () => {
    // What a rogue key would do: the sum is right only with a key that the registry took no possession proof for.
    const forged = aggregateBls([heavy.own(0), heavy.own(0)]);
    const bytes = `${forged}${'0203'}` as Hex;
    expect(heavy.check(bytes)).toBe('invalid-aggregate');
  });

  it('need cosignatures with a BLS signature, by operators with a BLS key', () => {
    const codeOf = (cosignature: Cosignature) => {
      const checked = checkCosignature(five.network, five.fields, cosignature);
      return checked.ok ? checked.value : checked.refusal.code;
    };
    expect(codeOf(five.signed(0))).toBe(1n);
    expect(codeOf(five.ecdsa(0))).toBe('bls-signature-missing');
    expect(codeOf(five.signed(4))).toBe('bls-key-missing');
  });
});
