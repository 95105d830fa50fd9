import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hex } from '../encoding/bytes.ts';
import { exampleNetwork, exampleObservation, examplePolicy, exampleTask } from '../network/example-network.ts';
import { voteRuleProof } from '../policy/policies-digest.ts';
import { methodDigest, type Policy, voteOf } from '../policy/policy.ts';
import { observationDigest } from '../signature/typed-data.ts';
import { differencesOf, equivocationEvidence } from './equivocation.ts';
import { flagWord } from './flag.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const observed = (score: number, flags: number, operator = 0) =>
  exampleObservation(example, task, 'embedding', operator, [
    { score: 9_000, flags: 0 },
    { score, flags },
  ]);
const outlier = flagWord('embedding', ['outlier']);
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
  it('is made of votes that differ by a flag, or by scores further apart than the tolerance', () => {
    expect(evidenceOf(observed(9_000, 0), observed(9_000, outlier)).ok).toBe(true);
    expect(evidenceOf(observed(6_000, 0), observed(5_949, 0)).ok).toBe(true);
  });

  it('is not made of what an accident makes: lost content, flags that inform, scores at the border', () => {
    const missing = flagWord('embedding', ['content-missing']);
    const innocent = [
      [observed(9_000, 0), observed(0, missing)],
      [observed(0, outlier), observed(0, missing | outlier)],
      [observed(6_020, 0), observed(5_990, 0)],
      [observed(9_000, 0), observed(6_000, 0)],
      [observed(9_000, 0), observed(9_000, 1 << 30)],
    ] as const;
    for (const [first, second] of innocent)
      expect(evidenceOf(first, second)).toMatchObject({ refusal: { code: 'honest-repeat' } });
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
    expect(Number(at(107, 109))).toBe(examplePolicy.roles.embedding.acceptScoreMin);
    expect(Number(at(113, 117))).toBe(flagWord('embedding', examplePolicy.roles.embedding.rejectFlags));
    expect(Number(at(117, 121))).toBe(flagWord('embedding', examplePolicy.roles.embedding.abstainFlags));
    expect(at(121, 186)).toBe(first.signature);
    expect(at(186, 251)).toBe(second.signature);
    expect(Number(at(251, 252))).toBe(2);
    expect(at(252, 264)).toBe(first.measurements);
    expect(at(264, 276)).toBe(second.measurements);
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
  const method = { role: 'embedding', policy: examplePolicy } as const;

  it('is each submission with another vote', () => {
    const measured = (...all: [number, number][]) => all.map(([score, flags]) => ({ score, flags }));
    const first = measured([9_000, 0], [9_000, 0], [9_000, 0], [9_000, outlier]);
    const second = measured([8_000, 0], [5_949, 0], [9_000, outlier], [9_000, outlier]);
    expect(differencesOf(method, first, second)).toEqual([
      { submission: 1, first: first[1], second: second[1] },
      { submission: 2, first: first[2], second: second[2] },
    ]);
    expect(differencesOf(method, first, first)).toEqual([]);
  });

  it('is nowhere between an undecided and a low score, which the rule on chain does not tell apart', () => {
    const { embedding } = examplePolicy.roles;
    const roles = { ...examplePolicy.roles, embedding: { ...embedding, abstainScoreMin: 2_500 } };
    const banded = { role: 'embedding', policy: { ...examplePolicy, roles } } as const;
    const at = (score: number) => [{ score, flags: 0 }];
    expect(voteOf('embedding', banded.policy, { score: 3_000, flags: 0 })).toBe('abstain');
    expect(differencesOf(banded, at(3_000), at(1_000))).toEqual([]);
    expect(differencesOf(banded, at(9_000), at(3_000))).toHaveLength(1);
  });

  it('is nowhere where the votes are the same', () => {
    const measurement = fc.record({ score: fc.nat(10_000), flags: fc.nat(0xffff) });
    fc.assert(
      fc.property(measurement, measurement, (one, other) => {
        const vote = (each: typeof one) => voteOf('embedding', examplePolicy, each);
        if (vote(one) === vote(other)) expect(differencesOf(method, [one], [other])).toEqual([]);
      }),
    );
  });
});

describe('the vote rule of a method', () => {
  it('is proven by the policies that have it, and by no others', () => {
    const method = methodDigest('semantic', example.policy);
    expect(voteRuleProof([example.policy], method)?.rule.slice(0, 10)).toBe('0x00321388');
    expect(voteRuleProof([example.policy], `0x${'00'.repeat(32)}`)).toBeUndefined();
  });
});
