import { describe, expect, it } from 'vitest';
import {
  exampleKey,
  exampleNetwork,
  exampleObservation,
  examplePolicy,
  exampleTask,
} from '../network/example-network.ts';
import { policiesSchema } from '../policy/policy.ts';
import { signDigest } from '../signature/signature.ts';
import {
  checkCommitment,
  checkReveal,
  commitmentSigned,
  commitmentTo,
  commitUntilMs,
  type ObservationCommitment,
} from './commit-reveal.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const { network } = example;
const [salt, otherSalt] = [`0x${'5a'.repeat(32)}`, `0x${'5b'.repeat(32)}`] as const;
const untilMs = 1_000;

/** The commitment of the operator at a place to its own observation. */
function commitmentOf(
  index: number,
  key = example.operators[index]?.privateKey ?? exampleKey(1),
): ObservationCommitment {
  const { taskId, role, operator, epoch, ...rest } = exampleObservation(example, task, 'semantic', index);
  const commitment = commitmentTo(network, { taskId, role, operator, epoch, ...rest }, salt);
  const body = { taskId, role, operator, epoch, commitment };
  return { ...body, sealed: '0x', signature: signDigest(commitmentSigned(network, body).digest, key) };
}

const mine = exampleObservation(example, task, 'semantic', 0);
const placed = (commitment: ObservationCommitment, timestampMs = untilMs) => ({ commitment, timestampMs });
const codeOf = (checked: ReturnType<typeof checkReveal>) => (checked.ok ? 'accepted' : checked.refusal.code);

describe('a commitment', () => {
  it('is that of the member that signed it', () => {
    expect(checkCommitment(network, commitmentOf(0)).ok).toBe(true);
  });

  it.each([
    ['another key', commitmentOf(0, exampleKey(4_242)), 'forged'],
    ["another operator's, in the own name", { ...commitmentOf(1), operator: mine.operator }, 'forged'],
    ['another task', { ...commitmentOf(0), taskId: salt }, 'forged'],
    ['another role', { ...commitmentOf(0), role: 'checksum' as const }, 'forged'],
    ['another hash', { ...commitmentOf(0), commitment: otherSalt }, 'forged'],
    ['another epoch', { ...commitmentOf(0), epoch: 8 }, 'wrong-epoch'],
    ['a stranger', { ...commitmentOf(0), operator: `0x${'99'.repeat(20)}` as const }, 'unknown-operator'],
  ])('is refused with %s', (_, commitment, code) => {
    const checked = checkCommitment(network, commitment);
    expect(checked.ok ? 'accepted' : checked.refusal.code).toBe(code);
  });
});

describe('an observation counts', () => {
  const opened = commitmentTo(network, mine, salt);

  it('when its operator committed to it, up to the last moment', () => {
    expect(codeOf(checkReveal(untilMs, placed(commitmentOf(0)), opened, mine))).toBe('accepted');
  });

  it.each([
    ['a commitment', undefined, opened, 'not-committed'],
    ['a commitment in time', placed(commitmentOf(0), untilMs + 1), opened, 'committed-too-late'],
    ['a salt', placed(commitmentOf(0)), undefined, 'not-what-was-committed'],
    ['the right salt', placed(commitmentOf(0)), commitmentTo(network, mine, otherSalt), 'not-what-was-committed'],
    [
      'the measurements that were committed to',
      placed(commitmentOf(0)),
      commitmentTo(network, { ...mine, measurements: '0x000000000000000000000000' }, salt),
      'not-what-was-committed',
    ],
  ])('not without %s', (_, first, open, code) => {
    expect(codeOf(checkReveal(untilMs, first, open, mine))).toBe(code);
  });

  it("not when a copy-cat has copied another's commitment, and then its salt and measurements", () => {
    const copied = { ...mine, operator: example.operators[1]?.address ?? '0x' };
    const own = commitmentTo(network, copied, salt);
    expect(own).not.toBe(opened);
    expect(codeOf(checkReveal(untilMs, placed({ ...commitmentOf(0), operator: copied.operator }), own, copied))).toBe(
      'not-what-was-committed',
    );
  });
});

describe('the phase', () => {
  it('is a part of the time that the task has', () => {
    const policy = { ...examplePolicy, deadlineMs: 5_000, commitReveal: { commitMs: 2_000 } };
    const { task } = exampleTask({ outputs: ['one'] });
    expect(commitUntilMs({ policy, task, deadlineMs: 15_000 })).toBe(12_000);
    expect(commitUntilMs({ policy: examplePolicy, task, deadlineMs: 15_000 })).toBeUndefined();
    const longer = { ...policy, deadlineMsPerKilobyte: 1_024 };
    const bytes = task.prompt.bytes + (task.submissions[0]?.bytes ?? 0);
    expect(commitUntilMs({ policy: longer, task, deadlineMs: 15_000 })).toBe(12_000 - bytes);
    expect(policiesSchema.safeParse([policy]).success).toBe(true);
    expect(policiesSchema.safeParse([{ ...policy, commitReveal: { commitMs: 5_000 } }]).success).toBe(false);
  });
});
