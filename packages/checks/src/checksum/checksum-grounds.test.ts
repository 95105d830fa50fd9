import { utf8 } from '@assay/protocol/encoding/bytes';
import { groundsSchema } from '@assay/protocol/report/grounds';
import { expect, it } from 'vitest';
import { testPolicy, testTask } from '../text/test-task.ts';
import { checksumGrounds } from './checksum-grounds.ts';
import { commitmentTo } from './commitment.ts';

const policy = testPolicy();
const deterministic = { model: 'm', seed: 7, temperatureMilli: 0 };

it('names the digest that was committed to, and that of the output', () => {
  const commitment = commitmentTo(utf8('another'), 'sha256');
  const grounds = checksumGrounds({ ...testTask('p', ['an answer'], [{ commitment }]), policy }, 0);
  expect(grounds).toEqual({
    role: 'checksum',
    evidence: [{ flag: 'commitment-mismatch' }],
    against: [`committed to ${commitment}, but the output is ${commitmentTo(utf8('an answer'), 'sha256')}`],
    passages: [],
  });
});

it('names the model that was stated, and the one that the task pins', () => {
  const [stated, pinned] = [`0x${'01'.repeat(32)}`, `0x${'02'.repeat(32)}`] as const;
  const made = testTask('p', ['a'], [{ modelDigest: stated }], { modelDigest: pinned });
  expect(checksumGrounds({ ...made, policy }, 0)).toMatchObject({
    evidence: [{ flag: 'model-mismatch' }],
    against: [`names the model ${stated}, but the task pins ${pinned}`],
  });
});

it('names from where on an output of a deterministic run is another one, and what the others have there', () => {
  const outputs = ['one two three', 'one two four', 'one two four', 'one two'];
  const made = { ...testTask('p', outputs, [], deterministic), policy };
  // No output has a majority yet.
  expect(checksumGrounds(made, 0)).toBeUndefined();
  const decided = { ...testTask('p', [...outputs, 'one two four'], [], deterministic), policy };
  const grounds = checksumGrounds(decided, 0);
  expect(grounds).toMatchObject({
    evidence: [{ flag: 'deterministic-divergence' }],
    passages: [{ start: 8, end: 13, text: 'three', flagsLifted: [] }],
    opposed: { miner: 'miner-1', start: 8, end: 12, text: 'four' },
  });
  expect(groundsSchema.safeParse(grounds).success).toBe(true);
  expect(checksumGrounds(decided, 1)).toBeUndefined();
  expect(checksumGrounds(decided, 3)).toMatchObject({ passages: [{ start: 7, end: 7, text: '' }] });
});

it('has none for a missing commitment’s digest, for other faults, and without content', () => {
  const required = testPolicy({ commitments: 'required' });
  const made = testTask('p', ['a']);
  expect(checksumGrounds({ ...made, policy: required }, 0)).toMatchObject({
    evidence: [{ flag: 'commitment-missing' }],
    against: [],
  });
  expect(checksumGrounds({ ...made, policy }, 0)).toBeUndefined();
  const lost = { prompt: 'p', outputs: [{ problem: 'content-missing' as const }] };
  expect(checksumGrounds({ ...made, content: lost, policy: required }, 0)).toBeUndefined();
});
