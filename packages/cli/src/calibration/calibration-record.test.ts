import { policySchema } from '@assay/protocol/policy/policy';
import { describe, expect, it } from 'vitest';
import { readPolicies, shippedPoliciesFile } from '../network/policy-file.ts';
import { recalibrated, recordOf } from './calibration-record.ts';
import type { FittedPolicy } from './fit-policy.ts';

const rate = (wrong: number, of: number) => ({ wrong, of, share: wrong / of, interval: { low: 0.001, high: 0.02 } });
const errors = {
  falseAccept: rate(1, 100),
  falseReject: rate(2, 400),
  labels: { echo: { wrong: 1, of: 100 }, honest: { wrong: 2, of: 400 } },
  agreementAuc: 0.912_345_6,
  inData: {},
};
const fitted: FittedPolicy = {
  parameters: { embedding: { 'pair.cosine': 7 }, semantic: {} },
  borders: { conflictDoubtMin: 5_000, conflictMin: 9_100 },
  heads: { agreement: 'fitted', contradiction: 'kept' },
  inSample: errors,
  starting: errors,
  expected: errors,
  curves: [],
};
const sha256 = `0x${'ab'.repeat(32)}` as const;
const modelDigest = `0x${'cd'.repeat(32)}` as const;
const data = [
  {
    name: 'a.jsonl',
    sha256,
    use: 'attacks' as const,
    tasks: [
      {
        task: 't',
        prompt: '',
        submissions: [
          { miner: 'a', output: '', label: 'honest' },
          { miner: 'b', output: '' },
        ],
      },
    ],
  },
];
const record = recordOf(fitted, data, { falseReject: 0.01, undecided: 0.07, folds: 5 });

describe('recordOf', () => {
  it('names the data by digest and states integers', () => {
    expect(record.data).toEqual([{ name: 'a.jsonl', sha256, use: 'attacks', tasks: 1, submissions: 1 }]);
    expect(record.falseRejectPpm).toBe(10_000);
    expect(record.undecidedPpm).toBe(70_000);
    expect(record.expected).toEqual({
      falseAccept: { wrong: 1, of: 100, lowPpm: 1_000, highPpm: 20_000 },
      falseReject: { wrong: 2, of: 400, lowPpm: 1_000, highPpm: 20_000 },
      labels: errors.labels,
      agreementAucPpm: 912_346,
    });
  });
});

describe('recalibrated', () => {
  it('gives every policy the heads, thresholds, model and record, keeps its other rules, and increases its version once', async () => {
    for (const policy of await readPolicies(shippedPoliciesFile)) {
      const changed = recalibrated(policy, fitted, modelDigest, record);
      expect(policySchema.parse(changed)).toEqual(changed);
      expect(changed).toMatchObject({ name: policy.name, payload: policy.payload, modelDigest, calibration: record });
      const { required, parameters } = policy.roles.embedding;
      expect(changed.roles.embedding).toMatchObject({ required, acceptScoreMin: 5_000, abstainScoreMin: 2_500 });
      expect(changed.roles.embedding.parameters['pair.cosine']).toBe(7);
      expect(changed.roles.embedding.parameters.agreementMin).toBe(parameters.agreementMin);
      expect(changed.roles.embedding.parameters).not.toHaveProperty(['pair.contained']);
      expect(changed.roles.semantic.parameters).toMatchObject({ numberConflictMin: 9_100, nameConflictMin: 9_100 });
      expect(changed.version).toBe(policy.version + 1);
      expect(recalibrated(changed, fitted, modelDigest, record)).toEqual(changed);
    }
  });
});
