import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, type Hex, toHex } from '../encoding/bytes.ts';
import { exampleCosignature, exampleNetwork, exampleProposal, exampleTask } from '../network/example-network.ts';
import { configDigest, type Network, setDigest, totalWeight } from '../network/validator-set.ts';
import { isQuorum } from '../report/quorum.ts';
import type { SubmissionResult } from '../report/report.ts';
import { compactSignature, recoverSigner, signDigest } from '../signature/signature.ts';
import { cosignatureDigest } from '../signature/typed-data.ts';
import { buildBatch, encodeResults, isInBatch, reportLeaf } from './batch.ts';
import { assembleCertificate, checkCertificate, checkCosignature, encodeCertificate } from './certificate.ts';
import { cosignatureFieldsOf } from './proposal.ts';

const { task } = exampleTask({ outputs: ['one'] });
function cosigned(weights: readonly bigint[]) {
  const example = exampleNetwork(weights);
  const proposal = exampleProposal(example, [{ task, observations: [] }]);
  const cosignatures = weights.map((_, index) => exampleCosignature(example, proposal, index));
  const addresses = example.operators.map(({ address }) => address);
  return { example, proposal, cosignatures, addresses };
}

describe('a cosignature', () => {
  const { example, proposal, cosignatures } = cosigned([1n, 2n, 3n]);
  const batch = cosignatureFieldsOf(example.network, proposal);
  const [good, other] = cosignatures;
  if (good === undefined || other === undefined) throw new Error('There are three cosignatures.');
  const check = (cosignature: typeof good, of = batch) => checkCosignature(example.network, of, cosignature);

  it('counts with its operator’s weight', () => {
    expect(cosignatures.map((one) => check(one))).toEqual([1n, 2n, 3n].map((value) => ({ ok: true, value })));
  });

  it.each([
    ['wrong-epoch', { ...good, epoch: 8 }],
    ['wrong-batch', { ...good, sequence: 2 }],
    ['wrong-batch', { ...good, root: `0x${'00'.repeat(32)}` as const }],
    ['unknown-operator', { ...good, operator: `0x${'00'.repeat(20)}` as const }],
    ['forged', { ...good, operator: other.operator }],
    ['forged', { ...good, signature: other.signature }],
  ])('is refused: %s (case %#)', (code, cosignature) => {
    expect(check(cosignature)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('is bound to count and config digest, which it does not state', () => {
    expect(check(good, { ...batch, count: 2 })).toMatchObject({ ok: false, refusal: { code: 'forged' } });
    expect(check(good, { ...batch, configDigest: `0x${'00'.repeat(32)}` })).toMatchObject({
      ok: false,
      refusal: { code: 'forged' },
    });
  });
});

describe('a certificate', () => {
  it('is not made of exactly two thirds', () => {
    const { example, cosignatures } = cosigned([1n, 1n, 1n]);
    expect(assembleCertificate(example.network, cosignatures.slice(1))).toBeUndefined();
    expect(assembleCertificate(example.network, cosignatures)?.signers).toHaveLength(3);
    expect(assembleCertificate(example.network, [])).toBeUndefined();
  });

  it('takes the fewest signers, ascending by address', () => {
    const { example, cosignatures, addresses } = cosigned([1n, 1n, 5n, 1n, 4n]);
    const certificate = assembleCertificate(example.network, [...cosignatures].reverse());
    expect(certificate?.signers).toEqual([addresses[2], addresses[4]]);
    const signatures = [2, 4].map((index) => compactSignature(cosignatures[index]?.signature ?? '0x'));
    expect(certificate?.bytes).toBe(toHex(concatBytes(fromHex(`0x${'00'.repeat(15)}14`), ...signatures)));
  });

  it('never counts one operator twice', () => {
    const { example, cosignatures } = cosigned([1n, 1n, 1n]);
    const [a, b] = cosignatures;
    expect(assembleCertificate(example.network, a && b ? [a, a, b] : [])).toBeUndefined();
    const signers = assembleCertificate(example.network, [...cosignatures, ...cosignatures])?.signers ?? [];
    expect(signers).toHaveLength(3);
    expect(new Set(signers).size).toBe(3);
  });

  it('any weights and cosigners: minimal, ascending, with the weight of a quorum, or there is no certificate', () => {
    const { example: base, proposal, cosignatures: all } = cosigned([1n, 1n, 1n, 1n, 1n, 1n]);
    const fields = cosignatureFieldsOf(base.network, proposal);
    fc.assert(
      fc.property(
        fc.array(fc.bigInt(1n, 9n), { minLength: 6, maxLength: 6 }),
        fc.shuffledSubarray(all),
        (weights, cosignatures) => {
          const network: Network = {
            ...base.network,
            members: base.network.members.map(({ operator }, index) => ({ operator, weight: weights[index] ?? 1n })),
          };
          const weightIn = (signers: readonly Hex[]) =>
            network.members.reduce(
              (sum, { operator, weight }) => (signers.includes(operator) ? sum + weight : sum),
              0n,
            );
          const offered = cosignatures.map(({ operator }) => operator);
          const certificate = assembleCertificate(network, cosignatures);
          expect(certificate !== undefined).toBe(isQuorum(weightIn(offered), totalWeight(network)));
          if (certificate === undefined) return;
          expect(certificate.signers).toEqual([...certificate.signers].sort());
          const checked = checkCertificate(network, fields, certificate.bytes);
          expect(checked).toEqual({ ok: true, value: weightIn(certificate.signers) });
          expect(isQuorum(weightIn(certificate.signers), totalWeight(network))).toBe(true);
          const subsets = offered.reduce<Hex[][]>((sets, one) => sets.concat(sets.map((set) => set.concat(one))), [[]]);
          expect(
            subsets.some(
              (set) => set.length < certificate.signers.length && isQuorum(weightIn(set), totalWeight(network)),
            ),
          ).toBe(false);
        },
      ),
    );
  });
});

/** The vectors that `packages/contracts/test/make-vectors.mjs` writes and the contracts' tests read. */
interface Vector {
  chainId: number;
  hub: Hex;
  epoch: number;
  sequence: number;
  policiesDigest: Hex;
  privateKeys: Hex[];
  operators: string[];
  weights: string[];
  setDigest: Hex;
  configDigest: Hex;
  root: Hex;
  count: number;
  cosignatureDigest: Hex;
  signatures: Hex[];
  certificate: Hex;
  certificateOfFewest: Hex;
  refused: { name: string; certificate: Hex; error: string }[];
  reports: { taskId: Hex; policyDigest: Hex; results: Hex; leaf: Hex; proof: Hex[] }[];
}

describe('test/vectors/certificate.json, as the contracts compute it', () => {
  const vector: Vector = JSON.parse(
    readFileSync(new URL('../../../../test/vectors/certificate.json', import.meta.url), 'utf8'),
  );
  const members = vector.operators.map((operator, index) => ({
    operator: operator.toLowerCase() as Hex,
    weight: BigInt(vector.weights[index] ?? 0),
  }));
  const network: Network = {
    chainId: vector.chainId,
    hub: vector.hub,
    epoch: vector.epoch,
    members,
    policiesDigest: vector.policiesDigest,
  };
  const batch = {
    configDigest: vector.configDigest,
    epoch: vector.epoch,
    sequence: vector.sequence,
    root: vector.root,
    count: vector.count,
  };

  it('set, config and cosignature digests', () => {
    expect(setDigest(members)).toBe(vector.setDigest);
    expect(configDigest(network)).toBe(vector.configDigest);
    expect(cosignatureDigest(network, batch)).toBe(vector.cosignatureDigest);
  });

  it('leaves, root and proofs', () => {
    const leaves = vector.reports.map(reportLeaf);
    expect(leaves).toEqual(vector.reports.map(({ leaf }) => leaf));
    expect(buildBatch(leaves)).toEqual({
      root: vector.root,
      count: vector.count,
      proofs: vector.reports.map(({ proof }) => proof),
    });
    for (const { leaf, proof } of vector.reports) expect(isInBatch(vector.root, leaf, proof)).toBe(true);
  });

  it('results bytes', () => {
    const miner = (number: number) => `0x${number.toString(16).padStart(40, '0')}`;
    const result = (
      number: number,
      verdict: SubmissionResult['verdict'],
      ...[checksum, embedding, semantic]: (number | undefined)[]
    ) => ({
      miner: miner(number),
      verdict,
      final: true,
      flags: {},
      scores: {
        ...(checksum !== undefined && { checksum }),
        ...(embedding !== undefined && { embedding }),
        ...(semantic !== undefined && { semantic }),
      },
    });
    const results = [
      [result(1, 'accept', 10_000, 9_876, 9_100), result(2, 'reject', 0, 1_234)],
      [result(3, 'abstain')],
    ];
    expect(results.map((one) => encodeResults({ taskId: '0x', final: true, results: one }))).toEqual(
      vector.reports.slice(0, 2).map((report) => report.results),
    );
  });

  it('signatures and certificate', () => {
    expect(vector.privateKeys.map((key) => signDigest(vector.cosignatureDigest, fromHex(key)))).toEqual(
      vector.signatures,
    );
    expect(vector.signatures.map((signature) => recoverSigner(vector.cosignatureDigest, signature))).toEqual(
      members.map(({ operator }) => operator),
    );
    const cosignatures = members.map(({ operator }, index) => ({
      epoch: vector.epoch,
      sequence: vector.sequence,
      root: vector.root,
      operator,
      signature: vector.signatures[index] ?? '0x',
    }));
    expect(cosignatures.map((one) => checkCosignature(network, batch, one))).toEqual(
      members.map(({ weight }) => ({ ok: true, value: weight })),
    );
    expect(assembleCertificate(network, cosignatures)?.bytes).toBe(vector.certificateOfFewest);
    expect(encodeCertificate(network, cosignatures)).toBe(vector.certificate);
    expect(checkCertificate(network, batch, vector.certificate)).toEqual({ ok: true, value: totalWeight(network) });
    expect(checkCertificate(network, batch, vector.certificateOfFewest).ok).toBe(true);
    expect(() => encodeCertificate(network, [...cosignatures].reverse())).toThrow(/not above/);
  });

  it.each(vector.refused)('refuses $name, as the contract does', ({ certificate, error }) => {
    const words = error.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
    const code = error === 'InvalidSignature' ? 'forged' : words;
    expect(checkCertificate(network, batch, certificate)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('any flipped bit, and any bytes behind the end, are refused', () => {
    const good = fromHex(vector.certificateOfFewest);
    fc.assert(
      fc.property(fc.nat(good.length * 8 - 1), fc.uint8Array({ minLength: 1, maxLength: 130 }), (bit, more) => {
        const flipped = Uint8Array.from(good);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(checkCertificate(network, batch, toHex(flipped)).ok).toBe(false);
        expect(checkCertificate(network, batch, toHex(concatBytes(good, more))).ok).toBe(false);
      }),
    );
  });
});
