import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import type { ApiKey, Scope } from '@assay/protocol/api/api-keys';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { exampleNetwork } from '@assay/protocol/network/example-network';
import type { ContentPlace } from '@assay/protocol/task/content-place';
import { decodeTaskMessage } from '@assay/protocol/task/task-message';
import type { AuditNote } from '@assay/runtime/audit/audit-log';
import { describe, expect, it } from 'vitest';
import { acceptTask } from './accept-task.ts';
import { KeyBook } from './access/key-book.ts';
import type { ApiResponse } from './api.ts';
import { deleteContent } from './delete-content.ts';
import { requestOf } from './gateway.fixture.ts';
import type { Gateway } from './gateway.ts';
import { answer, answerOf, ask, gatewayAt, lookAndSeal, untilMs } from './questions/questions.fixture.ts';

const keyOf = (id: number, ...scopes: Scope[]): ApiKey => ({
  id: id.toString(16).padStart(16, '0'),
  owner: 'a test',
  scopes,
  createdAtMs: 0,
});
const [mine, other, admin] = [keyOf(1, 'submit'), keyOf(2, 'submit', 'read'), keyOf(3, 'admin')];
const body = { reference: 'r', prompt: 'a prompt', submissions: [{ miner: 'm-1', output: 'an output' }] };
const operator = exampleNetwork().operators[0]?.address ?? '0x';

/** A gateway that asks for keys. */
function guarded() {
  const { gateway: open, setTime } = gatewayAt();
  const { bus, clock } = open;
  const notes: string[] = [];
  const note = async ({ who, kind, result, on }: AuditNote) =>
    void notes.push(`${who.slice(-1)} ${kind} ${result} ${on?.slice(0, 4)}`);
  const random = (count: number) => Buffer.alloc(count, 1);
  const keys = new KeyBook({
    bus,
    clock,
    log: memoryTelemetry().log,
    random,
    macKey: 'the secret of all gateways',
    adminToken: undefined,
  });
  const gateway: Gateway = { ...open, keys, audit: { note: (one) => void note(one), record: note } };
  return { gateway, notes, setTime };
}

async function submitted(gateway: Gateway, key: ApiKey, more: object = {}): Promise<Hex> {
  const { body: answer } = await acceptTask(gateway, requestOf({ key, body: { ...body, ...more } }));
  return (answer as { taskId: Hex }).taskId;
}

const remove = async (gateway: Gateway, taskId: Hex, key: ApiKey | undefined) =>
  deleteContent(gateway, requestOf({ params: { taskId }, key }));
const codeOf = (answer: ApiResponse) => `${answer.status} ${(answer.body as { code?: string }).code}`;

/** The contents of a task that are there. */
async function contentsOf({ bus, contentStore }: Gateway, taskId: Hex): Promise<string[]> {
  const message = await bus.last('TASKS', subjects.task(taskId));
  const decoded = decodeTaskMessage(message?.data ?? new Uint8Array());
  if (!decoded.ok) throw new Error(decoded.refusal.detail);
  const { prompt, submissions } = decoded.value.task;
  const place: ContentPlace = { kind: 'task', id: taskId };
  const found = await Promise.all([prompt, ...submissions].map(({ cid }) => contentStore.get(cid, place)));
  return found.flatMap((one) => (one === undefined ? [] : [new TextDecoder().decode(one)]));
}

describe('DELETE /v1/tasks/{id}/content', () => {
  it('takes content and evidence away for good, for the key that handed the task in, with records', async () => {
    const { gateway, notes } = guarded();
    const { bus } = gateway;
    const [taskId, another] = [await submitted(gateway, mine), await submitted(gateway, mine, { reference: 's' })];
    const evidence = (of: Hex) => subjects.evidence(of, 'semantic', operator);
    for (const of of [taskId, another])
      await bus.publish(evidence(of), encodeMessage({ quoted: 'an output' }), { expectLastSubjectSequence: 0 });
    const answers = [await remove(gateway, taskId, mine), await remove(gateway, taskId, mine)];
    for (const answer of answers) expect(answer).toEqual({ status: 200, body: { taskId, contents: 2 } });
    const on = taskId.slice(0, 4);
    expect(notes).toEqual([`1 admin begun ${on}`, `1 admin done ${on}`, `1 admin begun ${on}`, `1 admin done ${on}`]);
    expect(await contentsOf(gateway, taskId)).toEqual([]);
    const marked = await bus.last('EVIDENCE', evidence(taskId));
    expect(new TextDecoder().decode(marked?.data)).toBe('{}');
    expect(await bus.next('EVIDENCE', evidence(taskId), marked?.sequence ?? 0)).toBeUndefined();
    // A validator that is late keeps nothing; the same task again stores nothing.
    for (const role of ['semantic', 'checksum'] as const) {
      const late = bus.publish(subjects.evidence(taskId, role, operator), new Uint8Array(9), {
        expectLastSubjectSequence: 0,
      });
      expect(await late).toEqual({ status: 'conflict' });
    }
    expect(await submitted(gateway, other)).toBe(taskId);
    expect(await contentsOf(gateway, taskId)).toEqual([]);
    // Equal contents of another task stay, and its evidence.
    expect(await contentsOf(gateway, another)).toEqual(['a prompt', 'an output']);
    expect(new TextDecoder().decode((await bus.last('EVIDENCE', evidence(another)))?.data)).toContain('an output');
  });

  it('is refused to any other key without the scope admin, and leaves nothing', async () => {
    const { gateway, notes } = guarded();
    const taskId = await submitted(gateway, mine);
    expect(codeOf(await remove(gateway, taskId, other))).toBe('403 out-of-scope');
    expect(notes).toEqual([]);
    expect(await contentsOf(gateway, taskId)).toHaveLength(2);
    expect((await remove(gateway, taskId, admin)).status).toBe(200);
    expect(await contentsOf(gateway, taskId)).toEqual([]);
  });

  it('believes no mark that was copied from another task, and none of a gateway with another secret', async () => {
    const { gateway } = guarded();
    const { bus } = gateway;
    const [theirs, own] = [await submitted(gateway, mine), await submitted(gateway, other, { reference: 's' })];
    const [task, copied] = [
      await bus.last('TASKS', subjects.task(theirs)),
      await bus.last('TASKS', subjects.task(own)),
    ];
    expect(copied?.headers['assay-submitter']).toMatch(/^[\w-]{48}$/);
    await bus.publish(subjects.task(theirs), task?.data ?? new Uint8Array(), { headers: copied?.headers ?? {} });
    expect(codeOf(await remove(gateway, theirs, other))).toBe('403 out-of-scope');
  });

  it('is an administrator’s alone where equal contents are stored once', async () => {
    const { gateway } = guarded();
    const { placesAreApart: _, ...contentStore } = gateway.contentStore;
    const shared = { ...gateway, contentStore };
    const taskId = await submitted(shared, mine);
    expect(codeOf(await remove(shared, taskId, mine))).toBe('403 out-of-scope');
    expect((await remove(shared, taskId, admin)).status).toBe(200);
  });

  it('does not happen without its record', async () => {
    const { gateway } = guarded();
    const taskId = await submitted(gateway, mine);
    const audit = { ...gateway.audit, record: () => Promise.reject(new Error('no bus')) };
    expect(codeOf(await remove({ ...gateway, audit }, taskId, mine))).toBe('503 audit-unavailable');
    expect(await contentsOf(gateway, taskId)).toHaveLength(2);
  });

  it('names an unknown task, and answers nobody where there are no keys', async () => {
    const { gateway } = guarded();
    expect(codeOf(await remove(gateway, `0x${'12'.repeat(32)}`, admin))).toBe('404 not-found');
    expect(codeOf(await remove(gateway, '0x12', admin))).toBe('400 malformed');
    expect(codeOf(await remove({ ...gateway, keys: undefined }, `0x${'12'.repeat(32)}`, undefined))).toBe(
      '404 not-found',
    );
  });

  it('waits for the end of a question, and then takes prompt and answers away', async () => {
    const { gateway, setTime } = guarded();
    const question = await ask(gateway, {}, mine);
    const { questionId } = question;
    expect(codeOf(await remove(gateway, questionId, mine))).toBe('409 question-open');
    await answer(gateway, question, answerOf(gateway, question, 1));
    setTime(untilMs + 1);
    await lookAndSeal(gateway);
    const place: ContentPlace = { kind: 'question', id: questionId };
    expect(await gateway.contentStore.get(question.prompt.cid, place)).toBeDefined();
    expect(codeOf(await remove(gateway, questionId, other))).toBe('403 out-of-scope');
    expect((await remove(gateway, questionId, mine)).body).toEqual({ taskId: questionId, contents: 2 });
    expect(await gateway.contentStore.get(question.prompt.cid, place)).toBeUndefined();
  });
});
