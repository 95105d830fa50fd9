import { describe, expect, it } from 'vitest';
import { checkShape } from '../encoding/decode.ts';
import { examplePolicy, policyRequiring } from '../network/example-network.ts';
import { flagWord } from '../observation/flag.ts';
import type { CalibrationRecord } from './calibration-record.ts';
import { policiesDigest } from './policies-digest.ts';
import { methodDigest, policiesSchema, policyDigest, policySchema, rolesOf, voteOf, waitMsOf } from './policy.ts';

const semantic = examplePolicy.roles.semantic;
const rate = { wrong: 1, of: 100, lowPpm: 1_767, highPpm: 54_462 };
const errors = { falseAccept: rate, falseReject: rate, labels: { echo: { wrong: 1, of: 100 } } };
const calibration: CalibrationRecord = {
  falseRejectPpm: 10_000,
  data: [{ name: 'a.jsonl', sha256: `0x${'ab'.repeat(32)}`, use: 'attacks', tasks: 10, submissions: 70 }],
  heads: { agreement: 'kept', contradiction: 'fitted' },
  inSample: errors,
  expected: { ...errors, agreementAucPpm: 910_000 },
  folds: 5,
};
const withSemantic = (changes: Partial<typeof semantic>) => ({
  ...examplePolicy,
  roles: { ...examplePolicy.roles, semantic: { ...semantic, ...changes } },
});

describe('votes', () => {
  const missing = flagWord('semantic', ['content-missing']);
  const injection = flagWord('semantic', ['injection']);
  const harmless = flagWord('semantic', ['refusal']);
  it.each([
    [5_000, 0, 'accept'],
    [4_999, 0, 'reject'],
    [10_000, injection, 'reject'],
    [10_000, missing, 'abstain'],
    [0, missing, 'abstain'],
    [10_000, missing | injection, 'abstain'],
    [5_000, harmless, 'accept'],
    [5_000, 0x80000000, 'accept'],
  ] as const)('score %i with flags %i: %s', (score, flags, vote) => {
    expect(voteOf('semantic', examplePolicy, { score, flags })).toBe(vote);
  });
});

describe('waitMsOf', () => {
  const task = { prompt: { cid: '', bytes: 1_024 }, submissions: [{ cid: '', miner: 'm', bytes: 2_048 }] };

  it('grows with the bytes of a task by the policy’s rate', () => {
    expect(waitMsOf(examplePolicy, task)).toBe(5_000);
    expect(waitMsOf({ ...examplePolicy, deadlineMsPerKilobyte: 100 }, task)).toBe(5_300);
    expect(waitMsOf({ ...examplePolicy, deadlineMsPerKilobyte: 1 }, { ...task, submissions: [] })).toBe(5_001);
  });

  it('stays below the maximum', () => {
    const bytes = Number.MAX_SAFE_INTEGER / 1e6;
    const policy = { ...examplePolicy, deadlineMsPerKilobyte: 10_000 };
    expect(waitMsOf(policy, { ...task, prompt: { cid: '', bytes } })).toBe(3_600_000);
  });
});

describe('digests', () => {
  it('of policies do not depend on the order of the list or of names', () => {
    const other = { ...examplePolicy, name: 'other' };
    expect(policiesDigest([examplePolicy, other])).toBe(policiesDigest([other, examplePolicy]));
    expect(policyDigest(Object.fromEntries(Object.entries(examplePolicy).reverse()) as typeof examplePolicy)).toBe(
      policyDigest(examplePolicy),
    );
  });

  it('of a policy change with each field', () => {
    const variants = [
      examplePolicy,
      { ...examplePolicy, name: 'other' },
      { ...examplePolicy, version: 2 },
      { ...examplePolicy, payload: 'sealed' as const },
      { ...examplePolicy, modelDigest: `0x${'01'.repeat(32)}` as const },
      { ...examplePolicy, deadlineMs: 5_001 },
      { ...examplePolicy, deadlineMsPerKilobyte: 1 },
      { ...examplePolicy, commitments: 'required' as const },
      { ...examplePolicy, submissionSignatures: 'required' as const },
      { ...examplePolicy, calibration },
      {
        ...examplePolicy,
        calibration: { ...calibration, inSample: { ...errors, falseAccept: { ...rate, wrong: 0 } } },
      },
      withSemantic({ required: false }),
      withSemantic({ acceptScoreMin: 5_001 }),
      withSemantic({ abstainScoreMin: 2_500 }),
      withSemantic({ rejectFlags: ['irrelevant'] }),
      withSemantic({ abstainFlags: [] }),
      withSemantic({ scoreTolerance: 51 }),
      withSemantic({ parameters: { relevanceMin: 3_001 } }),
    ];
    expect(new Set(variants.map(policyDigest)).size).toBe(variants.length);
    expect(new Set(variants.map((one) => policiesDigest([one]))).size).toBe(variants.length);
    expect(policiesDigest([examplePolicy])).not.toBe(
      policiesDigest([examplePolicy, withSemantic({ scoreTolerance: 0 })]),
    );
  });

  it('of a method cover the role, its rules, and its model unless it uses none', () => {
    const otherModel = { ...examplePolicy, modelDigest: `0x${'01'.repeat(32)}` as const };
    const used = rolesOf(examplePolicy);
    expect(new Set(used.map((role) => methodDigest(role, policyRequiring()))).size).toBe(used.length);
    expect(methodDigest('checksum', otherModel)).toBe(methodDigest('checksum', examplePolicy));
    const otherChecks = { ...examplePolicy, checksDigest: `0x${'02'.repeat(32)}` as const };
    for (const role of used) expect(methodDigest(role, otherChecks)).not.toBe(methodDigest(role, examplePolicy));
    expect(methodDigest('embedding', otherModel)).not.toBe(methodDigest('embedding', examplePolicy));
    expect(methodDigest('semantic', otherModel)).not.toBe(methodDigest('semantic', examplePolicy));
    expect(methodDigest('semantic', withSemantic({ acceptScoreMin: 1 }))).not.toBe(
      methodDigest('semantic', examplePolicy),
    );
    expect(methodDigest('semantic', { ...examplePolicy, calibration })).toBe(methodDigest('semantic', examplePolicy));
    expect(methodDigest('embedding', withSemantic({ acceptScoreMin: 1 }))).toBe(
      methodDigest('embedding', examplePolicy),
    );
  });
});

describe('the policy file', () => {
  it('accepts the example', () => {
    expect(checkShape(policiesSchema, [examplePolicy])).toEqual({ ok: true, value: [examplePolicy] });
  });

  it.each([
    ['a flag of another role', withSemantic({ rejectFlags: ['medoid'] }), /rejectFlags/],
    ['a score above the maximum', withSemantic({ acceptScoreMin: 10_001 }), /acceptScoreMin/],
    ['a threshold that is no integer', withSemantic({ parameters: { x: 0.5 } }), /parameters/],
    ['a field that no policy has', { ...examplePolicy, quorum: 1 }, /quorum/],
    [
      'a share above one',
      { ...examplePolicy, calibration: { ...calibration, falseRejectPpm: 1_000_001 } },
      /calibration/,
    ],
    ['a calibration without data', { ...examplePolicy, calibration: { ...calibration, data: [] } }, /calibration.data/],
    ['a name with capitals', { ...examplePolicy, name: 'Standard' }, /lower-case/],
  ])('refuses %s and names the field', (_, policy, detail) => {
    expect(checkShape(policySchema, policy)).toMatchObject({
      ok: false,
      refusal: { code: 'malformed', detail: expect.stringMatching(detail) },
    });
  });

  it('refuses two policies with one name, an empty list, and a policy that requires no role', () => {
    expect(checkShape(policiesSchema, [examplePolicy, { ...examplePolicy, version: 2 }])).toMatchObject({
      ok: false,
      refusal: { detail: expect.stringContaining('one name') },
    });
    expect(checkShape(policiesSchema, [])).toMatchObject({ ok: false });
    expect(checkShape(policiesSchema, [policyRequiring()])).toMatchObject({
      ok: false,
      refusal: { detail: expect.stringContaining('requires no role') },
    });
  });
});
