import { describe, expect, it } from 'vitest';
import { roles } from '../observation/role.ts';
import { batchIdOf, proposalConsumer, type StreamName, streams, subjects, taskConsumer } from './subjects.ts';

const taskId = `0x${'01'.repeat(32)}` as const;
const operator = `0x${'02'.repeat(20)}` as const;
const batchId = batchIdOf(7, 1);

/** NATS's rule: `*` is one token, `>` at the end one or more. */
function fits(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.');
  const given = subject.split('.');
  return (
    wanted.every((token, index) => {
      if (token === '>') return given.length > index;
      return given[index] !== undefined && (token === '*' || token === given[index]);
    }) &&
    (wanted.at(-1) === '>' || wanted.length === given.length)
  );
}

const built: [string, StreamName | undefined][] = [
  [subjects.task(taskId), 'TASKS'],
  ...roles.map((role): [string, StreamName] => [subjects.pledge(taskId, role, operator), 'PLEDGES']),
  ...roles.map((role): [string, StreamName] => [subjects.observation(taskId, role, operator), 'OBSERVATIONS']),
  ...roles.map((role): [string, StreamName] => [subjects.evidence(taskId, role, operator), 'EVIDENCE']),
  [subjects.proposal(batchId), 'PROPOSALS'],
  [subjects.cosignature(batchId, operator), 'COSIGNATURES'],
  [subjects.report(taskId), 'REPORTS'],
  [subjects.session(taskId), 'SESSIONS'],
  [subjects.audit('grant'), 'AUDIT'],
  [subjects.dead('tasks'), 'DEAD'],
  [subjects.key('0123456789abcdef'), 'KEYS'],
  [subjects.recordsOf('gateway'), 'RECORDS'],
  [subjects.unseal, undefined],
];

describe('subjects', () => {
  it.each(built)('%s is stored by %s and by no other stream', (subject, stream) => {
    const keepers = Object.entries(streams).filter(([, { subjects: patterns }]) =>
      patterns.some((pattern) => fits(pattern, subject)),
    );
    expect(keepers.map(([name]) => name)).toEqual(stream === undefined ? [] : [stream]);
    expect(subject).toMatch(/^[a-z0-9]+(\.[a-z0-9-]+)+$/);
    expect(subject).not.toContain('0x');
  });

  it('filters match their subjects', () => {
    expect(fits(subjects.tasks, subjects.task(taskId))).toBe(true);
    expect(fits(subjects.proposals, subjects.proposal(batchId))).toBe(true);
    expect(fits(subjects.sessions, subjects.session(taskId))).toBe(true);
    expect(fits(subjects.tasks, subjects.session(taskId))).toBe(false);
  });

  it('durable names differ by operator and role, and are names that NATS takes', () => {
    const names = [operator, `0x${'03'.repeat(20)}` as const].flatMap((one) => [
      ...roles.map((role) => taskConsumer(one, role)),
      proposalConsumer(one),
    ]);
    expect(new Set(names).size).toBe(2 * (roles.length + 1));
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  });
});
