import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hex } from '../encoding/bytes.ts';
import { exampleNetwork, exampleObservation, examplePolicy, exampleTask } from '../network/example-network.ts';
import { toleranceProof } from '../policy/policies-digest.ts';
import { methodDigest, type Policy } from '../policy/policy.ts';
import { observationDigest } from '../signature/typed-data.ts';
import { differencesOf, equivocationEvidence } from './equivocation.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const observed = (score: number, flags: number, operator = 0) =>
  exampleObservation(example, task, 'embedding', operator, [
    { score: 9_000, flags: 0 },
    { score, flags },
  ]);
const evidenceOf = (first: ReturnType<typeof observed>, second: ReturnType<typeof observed>) =>
  equivocationEvidence([example.policy], first, second);

describe('the vector that the contracts read too', () => {
  it('has the same observation digests', () => {
    const vector = JSON.parse(
      readFileSync(new URL('../../../../test/vectors/equivocation.json', import.meta.url), 'utf8'),
    );
    const digests = vector.measurements.map((measurements: Hex) =>
      observationDigest({ chainId: vector.chainId, hub: vector.hub }, { ...vector, measurements }),
    );
    expect(digests).toEqual(vector.observationDigests);
  });
});

describe('evidence of an equivocation', () => {
  it('is made of different flags, or of scores further apart than the tolerance', () => {
    expect(evidenceOf(observed(9_000, 0), observed(9_000, 8)).ok).toBe(true);
    expect(evidenceOf(observed(9_000, 0), observed(8_949, 0)).ok).toBe(true);
  });

  it('is not made of an honest repeat', () => {
    fc.assert(
      fc.property(fc.nat(9_900), fc.integer({ min: -50, max: 50 }), fc.nat(0xff), (score, apart, flags) => {
        const other = observed(Math.max(0, score + apart), flags);
        expect(evidenceOf(observed(score, flags), other)).toMatchObject({ refusal: { code: 'honest-repeat' } });
      }),
      { numRuns: 50 },
    );
  });

  it('needs two comparable observations', () => {
    const other = observed(1, 0, 1);
    expect(evidenceOf(observed(9_000, 0), other)).toMatchObject({ refusal: { code: 'not-comparable' } });
    const changed = { ...example.policy, modelDigest: `0x${'11'.repeat(32)}` as const };
    expect(equivocationEvidence([changed], observed(9_000, 0), observed(1, 0))).toMatchObject({
      refusal: { code: 'unknown-method' },
    });
  });

  it('has the contract’s layout', () => {
    const [first, second] = [observed(9_000, 0), observed(1_000, 0)];
    const evidence = evidenceOf(first, second);
    if (!evidence.ok) throw new Error(evidence.refusal.detail);
    const at = (start: number, end: number) => `0x${evidence.value.slice(2 + 2 * start, 2 + 2 * end)}`;
    expect(Number(at(0, 8))).toBe(example.network.epoch);
    expect(at(8, 40)).toBe(task.taskId);
    expect(Number(at(40, 41))).toBe(1);
    expect(at(41, 73)).toBe(first.methodDigest);
    expect(Number(at(105, 107))).toBe(examplePolicy.roles.embedding.scoreTolerance);
    expect(at(107, 172)).toBe(first.signature);
    expect(at(172, 237)).toBe(second.signature);
    expect(Number(at(237, 238))).toBe(2);
    expect(at(238, 250)).toBe(first.measurements);
    expect(at(250, 262)).toBe(second.measurements);
  });

  it('stays below a kibibyte for the largest task under the most policies', () => {
    const policies = Array.from({ length: 32 }, (_, index): Policy => {
      const roles = structuredClone(example.policy.roles);
      for (const role of [roles.checksum, roles.embedding, roles.semantic]) role.acceptScoreMin += -index;
      return { ...example.policy, name: `policy-${index}`, roles };
    });
    const many = exampleTask({ outputs: Array.from({ length: 32 }, (_, index) => `Paris ${index}`) });
    const measured = (flags: number) => many.task.submissions.map(() => ({ score: 9_000, flags }));
    const [first, second] = [0, 8].map((flags) =>
      exampleObservation(example, many.task, 'embedding', 0, measured(flags)),
    );
    if (first === undefined || second === undefined) throw new Error('There are two.');
    const evidence = equivocationEvidence(policies, first, second);
    if (!evidence.ok) throw new Error(evidence.refusal.detail);
    expect((evidence.value.length - 2) / 2).toBeLessThan(1_024 - 100);
  });
});

describe('where two observations differ', () => {
  it('is each submission with other flags, or with scores further apart than the tolerance', () => {
    const measured = (...all: [number, number][]) => all.map(([score, flags]) => ({ score, flags }));
    const first = measured([9_000, 0], [9_000, 0], [9_000, 0], [9_000, 4]);
    const second = measured([8_950, 0], [8_949, 0], [9_000, 1], [9_000, 4]);
    expect(differencesOf(first, second, 50)).toEqual([
      { submission: 1, first: first[1], second: second[1] },
      { submission: 2, first: first[2], second: second[2] },
    ]);
    expect(differencesOf(first, first, 0)).toEqual([]);
  });
});

describe('the tolerance of a method', () => {
  it('is proven by the policies that have it, and by no others', () => {
    const method = methodDigest('semantic', example.policy);
    expect(toleranceProof([example.policy], method)?.tolerance).toBe(50);
    expect(toleranceProof([example.policy], `0x${'00'.repeat(32)}`)).toBeUndefined();
  });
});
