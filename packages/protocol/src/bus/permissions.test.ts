import { describe, expect, it } from 'vitest';
import { auditServices } from '../audit/record.ts';
import type { Hex } from '../encoding/bytes.ts';
import { roles } from '../observation/role.ts';
import { type BusIdentity, busIdentities, busPermissionsOf, busUserOf, inboxPrefixOf } from './permissions.ts';
import { streamOf, streams, subjects } from './subjects.ts';

const [mine, theirs] = [`0x${'a1'.repeat(20)}`, `0x${'b2'.repeat(20)}`] as [Hex, Hex];
const taskId = `0x${'07'.repeat(32)}` as Hex;
const all = busIdentities([mine, theirs]);
const validator = (operator: Hex, role: (typeof roles)[number] = 'checksum'): BusIdentity => ({
  kind: 'validator',
  operator,
  role,
});

/** True when a NATS subject with wildcards covers a literal one. */
function covers(pattern: string, subject: string): boolean {
  const [wanted, given] = [pattern.split('.'), subject.split('.')];
  const open = wanted.at(-1) === '>';
  if (open ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((token, index) => token === '>' || token === '*' || token === given[index]);
}

const mayPublish = (identity: BusIdentity, subject: string) =>
  busPermissionsOf(identity).publish.some((pattern) => covers(pattern, subject));

describe('the permissions of the bus', () => {
  it('let only its producers write each kind of message', () => {
    const writers = (subject: string) => all.filter((one) => mayPublish(one, subject)).map(busUserOf);
    expect(writers(subjects.task(taskId))).toEqual(['gateway']);
    expect(writers(subjects.key('0123456789abcdef'))).toEqual(['gateway']);
    for (const subject of [subjects.question(taskId), subjects.answer(taskId, mine), subjects.answersEnd(taskId)])
      expect(writers(subject)).toEqual(['gateway']);
    for (const service of auditServices) expect(writers(subjects.recordsOf(service))).toEqual([service]);
    expect(writers(subjects.proposal('1-1'))).toEqual(['aggregator-0', 'aggregator-1']);
    expect(writers(subjects.report(taskId))).toEqual(['aggregator-0', 'aggregator-1']);
    expect(writers(subjects.session(taskId))).toEqual(['gateway', 'participant']);
    for (const kind of ['grants', 'refused', 'session.closed'])
      expect(writers(subjects.audit(kind))).toEqual(['participant']);
    const cosigners = roles.map((role) => busUserOf(validator(mine, role)));
    for (const role of roles) {
      expect(writers(subjects.observation(taskId, role, mine))).toEqual(cosigners);
    }
    expect(writers(subjects.cosignature('1-1', mine))).toEqual(cosigners);
    expect(writers(subjects.content(taskId, '0'))).toEqual(['gateway']);
    for (const stream of ['CONTENTS', 'EVIDENCE'])
      expect(writers(`$JS.API.STREAM.MSG.DELETE.${stream}`)).toEqual(['gateway', 'provisioner']);
  });

  it('let only the provisioner create, change or delete anything', () => {
    const changing = [
      '$JS.API.STREAM.CREATE.X',
      '$JS.API.STREAM.DELETE.TASKS',
      '$JS.API.STREAM.PURGE.TASKS',
      '$JS.API.STREAM.MSG.DELETE.OBSERVATIONS',
      '$JS.API.CONSUMER.DELETE.TASKS.x',
      '$JS.API.CONSUMER.DURABLE.CREATE.TASKS.x',
    ];
    for (const subject of changing)
      expect(all.filter((one) => mayPublish(one, subject)).map(busUserOf)).toEqual(['provisioner']);
  });

  it('show a validator only its own observations', () => {
    const readers = (subject: string) => all.filter((one) => mayPublish(one, subject)).map((one) => one.kind);
    expect(new Set(readers('$JS.API.DIRECT.GET.OBSERVATIONS'))).toEqual(new Set(['auditor']));
    expect(new Set(readers('$JS.API.STREAM.MSG.GET.OBSERVATIONS'))).toEqual(new Set(['provisioner']));
    const followers = new Set(['aggregator', 'provisioner', 'auditor']);
    expect(new Set(readers('$JS.API.CONSUMER.CREATE.OBSERVATIONS'))).toEqual(followers);
    expect(new Set(readers('$JS.API.CONSUMER.MSG.NEXT.OBSERVATIONS.x'))).toEqual(followers);
    const get = (operator: Hex) =>
      `$JS.API.DIRECT.GET.OBSERVATIONS.${subjects.observation(taskId, 'semantic', operator)}`;
    expect(mayPublish(validator(mine), get(mine))).toBe(true);
    expect(mayPublish(validator(mine), get(theirs))).toBe(false);
  });

  it('give every identity an inbox that nobody else can subscribe to', () => {
    for (const identity of all) {
      const inbox = `${inboxPrefixOf(identity)}.x`;
      const hearers = all.filter((one) => busPermissionsOf(one).subscribe.some((pattern) => covers(pattern, inbox)));
      expect(hearers.map(busUserOf)).toEqual([busUserOf(identity)]);
    }
  });

  it('let no stream be read by a plain subscription', () => {
    for (const {
      subjects: [subject],
    } of Object.values(streams))
      expect(
        all.filter((one) => busPermissionsOf(one).subscribe.some((pattern) => covers(pattern, subject))).map(busUserOf),
      ).toEqual([]);
  });

  it('name no user twice', () => {
    expect(new Set(all.map(busUserOf)).size).toBe(all.length);
  });
});

describe('streamOf', () => {
  it('finds the stream of every subject', () => {
    expect(streamOf(subjects.observation(taskId, 'semantic', mine))).toBe('OBSERVATIONS');
    expect(streamOf(subjects.audit('grants'))).toBe('AUDIT');
    expect(streamOf('else.where')).toBeUndefined();
  });
});
