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
import { checkPledge, checkReveal, type Pledge, pledgeSigned, pledgeTo, pledgeUntilMs } from './commit-reveal.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const { network } = example;
const [salt, otherSalt] = [`0x${'5a'.repeat(32)}`, `0x${'5b'.repeat(32)}`] as const;
const untilMs = 1_000;

/** The pledge of the operator at a place to its own observation. */
function pledgeOf(index: number, key = example.operators[index]?.privateKey ?? exampleKey(1)): Pledge {
  const { taskId, role, operator, epoch, ...rest } = exampleObservation(example, task, 'semantic', index);
  const pledge = pledgeTo(network, { taskId, role, operator, epoch, ...rest }, salt);
  const body = { taskId, role, operator, epoch, pledge };
  return { ...body, sealed: '0x', signature: signDigest(pledgeSigned(network, body).digest, key) };
}

const mine = exampleObservation(example, task, 'semantic', 0);
const placed = (pledge: Pledge, timestampMs = untilMs) => ({ pledge, timestampMs });
const codeOf = (checked: ReturnType<typeof checkReveal>) => (checked.ok ? 'accepted' : checked.refusal.code);

describe('a pledge', () => {
  it('is that of the member that signed it', () => {
    expect(checkPledge(network, pledgeOf(0)).ok).toBe(true);
  });

  it.each([
    ['another key', pledgeOf(0, exampleKey(4_242)), 'forged'],
    ["another operator's, in the own name", { ...pledgeOf(1), operator: mine.operator }, 'forged'],
    ['another task', { ...pledgeOf(0), taskId: salt }, 'forged'],
    ['another role', { ...pledgeOf(0), role: 'checksum' as const }, 'forged'],
    ['another hash', { ...pledgeOf(0), pledge: otherSalt }, 'forged'],
    ['another epoch', { ...pledgeOf(0), epoch: 8 }, 'wrong-epoch'],
    ['a stranger', { ...pledgeOf(0), operator: `0x${'99'.repeat(20)}` as const }, 'unknown-operator'],
  ])('is refused with %s', (_, pledge, code) => {
    const checked = checkPledge(network, pledge);
    expect(checked.ok ? 'accepted' : checked.refusal.code).toBe(code);
  });
});

describe('an observation counts', () => {
  const opened = pledgeTo(network, mine, salt);

  it('when its operator pledged it, up to the last moment', () => {
    expect(codeOf(checkReveal(untilMs, placed(pledgeOf(0)), opened, mine))).toBe('accepted');
  });

  it.each([
    ['a pledge', undefined, opened, 'not-pledged'],
    ['a pledge in time', placed(pledgeOf(0), untilMs + 1), opened, 'pledged-too-late'],
    ['a salt', placed(pledgeOf(0)), undefined, 'not-what-was-pledged'],
    ['the right salt', placed(pledgeOf(0)), pledgeTo(network, mine, otherSalt), 'not-what-was-pledged'],
    [
      'the measurements that were pledged',
      placed(pledgeOf(0)),
      pledgeTo(network, { ...mine, measurements: '0x000000000000000000000000' }, salt),
      'not-what-was-pledged',
    ],
  ])('not without %s', (_, first, open, code) => {
    expect(codeOf(checkReveal(untilMs, first, open, mine))).toBe(code);
  });

  it("not when a copy-cat has copied another's pledge, and then its salt and measurements", () => {
    const copied = { ...mine, operator: example.operators[1]?.address ?? '0x' };
    const own = pledgeTo(network, copied, salt);
    expect(own).not.toBe(opened);
    expect(codeOf(checkReveal(untilMs, placed({ ...pledgeOf(0), operator: copied.operator }), own, copied))).toBe(
      'not-what-was-pledged',
    );
  });
});

describe('the phase', () => {
  it('is a part of the time that the task has', () => {
    const policy = { ...examplePolicy, deadlineMs: 5_000, commitReveal: { commitMs: 2_000 } };
    const { task } = exampleTask({ outputs: ['one'] });
    expect(pledgeUntilMs({ policy, task, deadlineMs: 15_000 })).toBe(12_000);
    expect(pledgeUntilMs({ policy: examplePolicy, task, deadlineMs: 15_000 })).toBeUndefined();
    const longer = { ...policy, deadlineMsPerKilobyte: 1_024 };
    const bytes = task.prompt.bytes + (task.submissions[0]?.bytes ?? 0);
    expect(pledgeUntilMs({ policy: longer, task, deadlineMs: 15_000 })).toBe(12_000 - bytes);
    expect(policiesSchema.safeParse([policy]).success).toBe(true);
    expect(policiesSchema.safeParse([{ ...policy, commitReveal: { commitMs: 5_000 } }]).success).toBe(false);
  });
});
