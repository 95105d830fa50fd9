import { utf8 } from '@assay/protocol/encoding/bytes';
import { commitmentKinds } from '@assay/protocol/encoding/fields';
import { flagNames } from '@assay/protocol/observation/flag';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { submissionDigest } from '@assay/protocol/signature/typed-data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testPolicy, testTask } from '../text/test-task.ts';
import { checksumCheck, divergencesOf } from './checksum-check.ts';
import { commitmentTo } from './commitment.ts';

const domain = { chainId: 31337, hub: '0x00000000000000000000000000000000000000aa' } as const;
const deterministic = { model: 'm', seed: 7, temperatureMilli: 0 };

function named(input: Omit<Parameters<typeof checksumCheck>[0], 'domain'>) {
  return checksumCheck({ ...input, domain }).map((one) => [one.score, ...flagNames('checksum', one.flags)]);
}

describe('checksumCheck', () => {
  it.each(commitmentKinds)('accepts a right %s commitment and refuses a wrong one', (algorithm) => {
    const commitments = [commitmentTo(utf8('a'), algorithm), commitmentTo(utf8('other'), algorithm)];
    const made = testTask(
      'p',
      ['a', 'b', 'c'],
      commitments.map((commitment) => ({ commitment })),
    );
    expect(named({ ...made, policy: testPolicy() })).toEqual([[10_000], [0, 'commitment-mismatch'], [10_000]]);
  });

  it('requires a commitment if the policy does', () => {
    expect(named({ ...testTask('p', ['a']), policy: testPolicy({ commitments: 'required' }) })).toEqual([
      [0, 'commitment-missing'],
    ]);
  });

  it('gives the reason for missing content', () => {
    const made = testTask('p', ['a', 'b', 'c', 'd']);
    const outputs = [{ problem: 'content-missing' }, { problem: 'cid-mismatch' }, { problem: 'seal-invalid' }] as const;
    const found = named({ ...made, content: { prompt: 'p', outputs }, policy: testPolicy() });
    expect(found).toEqual([
      [0, 'content-missing'],
      [0, 'cid-mismatch'],
      [0, 'seal-invalid'],
      [0, 'content-missing'],
    ]);
  });

  it('scores a deterministic run by how much of it is the same', () => {
    const whole = 'x'.repeat(4_096);
    const made = testTask(
      'p',
      [whole, whole, whole, `${'x'.repeat(3_000)}y${'x'.repeat(1_095)}`, 'z'],
      [],
      deterministic,
    );
    expect(named({ ...made, policy: testPolicy() })).toEqual([
      [10_000],
      [10_000],
      [10_000],
      [5_000, 'deterministic-divergence'],
      [0, 'deterministic-divergence'],
    ]);
  });

  it('names the chunk at which an output diverges from the majority', () => {
    const whole = 'x'.repeat(4_096);
    const made = testTask('p', [whole, `${'x'.repeat(3_000)}y`, whole, whole, `${whole}z`, whole]);
    const outputs = [...made.content.outputs, { problem: 'content-missing' } as const];
    expect(divergencesOf(outputs)).toEqual([
      undefined,
      { chunk: 2, chunks: 4 },
      undefined,
      undefined,
      { chunk: 4, chunks: 5 },
      undefined,
      undefined,
    ]);
    expect(divergencesOf(testTask('p', ['a', 'b']).content.outputs)).toEqual([undefined, undefined]);
  });

  it('refuses a miner that states another model than the task pins', () => {
    const pinned = `0x${'0a'.repeat(32)}` as const;
    const other = `0x${'0b'.repeat(32)}` as const;
    const stated = [{ modelDigest: pinned }, { modelDigest: other }, {}];
    const made = testTask('p', ['a', 'b', 'c'], stated, { modelDigest: pinned });
    expect(named({ ...made, policy: testPolicy() })).toEqual([[10_000], [0, 'model-mismatch'], [10_000]]);
    expect(named({ ...testTask('p', ['a'], [{ modelDigest: other }]), policy: testPolicy() })).toEqual([[10_000]]);
  });

  it('finds no divergence without a majority, or with a temperature', () => {
    expect(named({ ...testTask('p', ['a', 'a', 'b', 'b'], [], deterministic), policy: testPolicy() }).flat()).toEqual([
      10_000, 10_000, 10_000, 10_000,
    ]);
    expect(
      named({
        ...testTask('p', ['a', 'a', 'b'], [], { ...deterministic, temperatureMilli: 1 }),
        policy: testPolicy(),
      }).flat(),
    ).toEqual([10_000, 10_000, 10_000]);
  });

  it('accepts only the miner’s signature', () => {
    const key = new Uint8Array(32).fill(5);
    const miner = addressOf(key);
    const plain = testTask('p', ['a']);
    const fields = {
      reference: 'test',
      promptCid: plain.task.prompt.cid,
      outputCid: plain.task.submissions[0]?.cid ?? '',
      commitment: '',
      modelDigest: '',
    };
    const signature = signDigest(submissionDigest(domain, fields), key);
    const policy = testPolicy({ submissionSignatures: 'required' });
    const signed = (name: string, by = signature) =>
      named({ ...testTask('p', ['a'], [{ miner: name, signature: by }]), policy });
    expect(signed(miner)).toEqual([[10_000]]);
    expect(signed(addressOf(new Uint8Array(32).fill(6)))).toEqual([[0, 'miner-signature-invalid']]);
    expect(signed('miner-1')).toEqual([[0, 'miner-signature-invalid']]);
    expect(signed(miner, signDigest(submissionDigest({ ...domain, chainId: 1 }, fields), key))).toEqual([
      [0, 'miner-signature-invalid'],
    ]);
    expect(named({ ...plain, policy })).toEqual([[0, 'miner-signature-invalid']]);
  });

  it('stays in range on any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 5 }), (outputs) => {
        const found = checksumCheck({ ...testTask('p', outputs, [], deterministic), policy: testPolicy(), domain });
        expect(found.every(({ score }) => Number.isInteger(score) && score >= 0 && score <= 10_000)).toBe(true);
      }),
    );
  });
});
