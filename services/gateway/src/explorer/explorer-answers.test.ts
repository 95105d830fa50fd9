import { type TaskSummary, taskContentSchema, tasksAnswerSchema } from '@assay/protocol/api/gateway-answers';
import { subjects } from '@assay/protocol/bus/subjects';
import { utf8 } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import {
  exampleCertifiedReport,
  exampleNetwork,
  exampleObservations,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { buildTask } from '@assay/protocol/task/build-task';
import { contentPlaceOf } from '@assay/protocol/task/content-place';
import { type Task, taskRequestSchema } from '@assay/protocol/task/task';
import { contentInputOf } from '@assay/protocol/task/task-message';
import { afterEach, describe, expect, it } from 'vitest';
import { requestOf, testGateway } from '../gateway.fixture.ts';
import type { Gateway } from '../gateway.ts';
import { listTasks, readContent, readPage, watchTasks } from './explorer-answers.ts';
import { RecentTasks } from './recent-tasks.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const report = exampleCertifiedReport(example, [{ task, observations: exampleObservations(example, task) }]);
const over = new AbortController();
afterEach(() => over.abort());

/** A gateway with the explorer, which follows its streams. `settled` resolves when it has read what is there. */
function explorer({ tasksMax = 10, watchersMax = 2 } = {}) {
  const { gateway: plain, clock } = testGateway();
  const { bus, telemetry, policies } = plain;
  const stop = new AbortController();
  over.signal.addEventListener('abort', () => stop.abort());
  const recent = new RecentTasks({ bus, clock, log: telemetry.log, policies, tasksMax, watchersMax });
  const gateway: Gateway = { ...plain, recent };
  const running = recent.run(stop.signal);
  return { gateway, recent, stop: () => stop.abort(), running };
}

const taskOf = (reference: string, more: object = {}) =>
  buildTask(taskRequestSchema.parse({ reference, prompt: 'p', submissions: [{ miner: 'm-1', output: 'o' }], ...more }));

async function publishTasks({ bus }: Gateway, references: readonly string[]): Promise<void> {
  for (const reference of references) {
    const { task: one } = taskOf(reference);
    await bus.publish(subjects.task(one.taskId), encodeMessage(one));
  }
}

/** Waits for a change of the list. */
async function changesOf(recent: RecentTasks, count: number, cause: () => Promise<unknown>): Promise<TaskSummary[]> {
  const changes: TaskSummary[] = [];
  const enough = new AbortController();
  const reading = (async () => {
    for await (const one of recent.changes(enough.signal)) if (changes.push(one) === count) enough.abort();
  })();
  await cause();
  await reading;
  return changes;
}

describe('listTasks', () => {
  it('has tasks newest first, page by page, and no more than are kept', async () => {
    const { gateway, recent } = explorer({ tasksMax: 5 });
    await changesOf(recent, 7, () => publishTasks(gateway, ['a', 'b', 'c', 'd', 'e', 'f', 'g']));
    const page = async (query: Record<string, string>) =>
      tasksAnswerSchema.parse((await listTasks(gateway, requestOf({ query }))).body);
    const first = await page({ limit: '3' });
    expect(first.tasks.map(({ reference }) => reference)).toEqual(['g', 'f', 'e']);
    const second = await page({ limit: '3', before: String(first.before) });
    expect(second.tasks.map(({ reference }) => reference)).toEqual(['d', 'c']);
    expect(second.before).toBeUndefined();
  });

  it('has the decision when the report is published, whichever of the two is read first', async () => {
    const { gateway, recent } = explorer();
    await gateway.bus.publish(subjects.report(task.taskId), encodeMessage(report));
    const publish = () => gateway.bus.publish(subjects.task(task.taskId), encodeMessage(task));
    await changesOf(recent, 1, publish);
    const [one] = tasksAnswerSchema.parse((await listTasks(gateway, requestOf())).body).tasks;
    const { accepted = 0, rejected = 0, abstained = 0 } = one?.decision ?? {};
    expect(accepted + rejected + abstained).toBe(task.submissions.length);
    expect(one?.decision).toMatchObject({ root: report.root, transaction: report.transaction.hash });
  });

  it.each([{ limit: '201' }, { limit: '-1' }, { limit: 'many' }, { before: '1e99' }])('refuses %o', async (query) => {
    const { gateway } = explorer();
    const { status, body } = await listTasks(gateway, requestOf({ query }));
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'malformed', field: Object.keys(query)[0] });
  });

  it('is refused where the explorer is off', async () => {
    const { gateway } = testGateway();
    const params = { taskId: task.taskId };
    for (const answer of [listTasks, watchTasks, readContent])
      expect(await answer(gateway, requestOf({ params }))).toMatchObject({ status: 404 });
  });
});

describe('watchTasks', () => {
  it('sends each change as an event, and ends when the client hangs up', async () => {
    const { gateway } = explorer();
    const client = new AbortController();
    const { status, body, contentType } = await watchTasks(gateway, requestOf({ signal: client.signal }));
    expect([status, contentType]).toEqual([200, 'text/event-stream']);
    const texts = (body as AsyncIterable<string>)[Symbol.asyncIterator]();
    expect((await texts.next()).value).toContain('retry:');
    const next = texts.next();
    await publishTasks(gateway, ['watched']);
    let event = (await next).value as string;
    while (event.startsWith(':')) event = (await texts.next()).value;
    expect(event).toMatch(/^event: task\ndata: \{.*"reference":"watched".*\}\n\n$/);
    client.abort();
    while (!(await texts.next()).done);
    expect(gateway.recent?.hasRoom).toBe(true);
  });

  it('has no room for more watchers than allowed', async () => {
    const { gateway, recent } = explorer({ watchersMax: 1 });
    const client = new AbortController();
    const watching = recent.changes(client.signal)[Symbol.asyncIterator]().next();
    expect(await watchTasks(gateway, requestOf())).toMatchObject({ status: 503 });
    client.abort();
    await watching;
    expect((await watchTasks(gateway, requestOf())).status).toBe(200);
  });

  it('lets a watcher go that does not read', async () => {
    const { gateway, recent } = explorer({ tasksMax: 3_000 });
    const stuck = recent.changes(new AbortController().signal)[Symbol.asyncIterator]();
    const first = stuck.next();
    const references = Array.from({ length: 1_200 }, (_, index) => `task-${index}`);
    await changesOf(recent, 900, () => publishTasks(gateway, references));
    await first;
    let read = 1;
    while (!(await stuck.next()).done) read++;
    expect(read).toBeLessThan(references.length);
  });
});

/** A task with content in its message, as earlier versions write it. */
const enclosing = (task: Task, contents: ReadonlyMap<string, Uint8Array>) =>
  encodeMessage({
    ...task,
    enclosed: Object.fromEntries([...contents].map(([cid, bytes]) => [cid, contentInputOf(bytes)])),
  });

describe('readContent', () => {
  const ask = (gateway: Gateway, taskId: string) => readContent(gateway, requestOf({ params: { taskId } }));

  it('has prompt and outputs, from the message or from the store, and not what is changed or missing', async () => {
    const { gateway } = explorer();
    const enclosed = taskOf('enclosed');
    await gateway.bus.publish(subjects.task(enclosed.task.taskId), enclosing(enclosed.task, enclosed.contents));
    expect(taskContentSchema.parse((await ask(gateway, enclosed.task.taskId)).body)).toEqual({
      taskId: enclosed.task.taskId,
      prompt: 'p',
      submissions: [{ miner: 'm-1', output: 'o' }],
    });
    const stored = taskOf('stored', { prompt: 'another prompt' });
    const forged = new Map([[stored.task.prompt.cid, utf8('a forged prompt')]]);
    await gateway.bus.publish(subjects.task(stored.task.taskId), enclosing(stored.task, forged));
    const place = contentPlaceOf(stored.task);
    await gateway.contentStore.put(place, new Map([[stored.task.prompt.cid, utf8('another prompt')]]));
    const lying = {
      ...gateway.contentStore,
      get: async (cid: string) => (await gateway.contentStore.get(cid, place)) ?? utf8('x'),
    };
    expect(await ask({ ...gateway, contentStore: lying }, stored.task.taskId)).toMatchObject({
      status: 200,
      body: { prompt: 'another prompt', submissions: [{ miner: 'm-1' }] },
    });
  });

  it('refuses a task with sealed content', async () => {
    const { gateway } = explorer();
    const sealed = { sealed: btoa('sealed bytes') };
    const { task: one } = taskOf('s', {
      policy: 'sealed',
      prompt: sealed,
      submissions: [{ miner: 'm-1', output: sealed }],
    });
    await gateway.bus.publish(subjects.task(one.taskId), encodeMessage(one));
    expect(await ask(gateway, one.taskId)).toMatchObject({ status: 422, body: { code: 'wrong-payload' } });
  });
});

describe('readPage', () => {
  const page = new Map([['index.html', { contentType: 'text/html; charset=utf-8', body: '<html>' }]]);
  const forBrowser = { headers: { accept: 'text/html,application/xhtml+xml' } };

  it('has the page for a browser, and where to read on for others', async () => {
    const { gateway } = testGateway();
    const answer = await readPage({ ...gateway, page }, requestOf(forBrowser));
    expect(answer).toMatchObject({ status: 200, body: '<html>' });
    expect(answer.headers?.['content-security-policy']).toContain("script-src 'self'");
    expect((await readPage({ ...gateway, page }, requestOf())).body).toMatchObject({ service: 'assay-gateway' });
    expect((await readPage(gateway, requestOf(forBrowser))).body).toMatchObject({ service: 'assay-gateway' });
  });

  it('has the files of the page alone', async () => {
    const { gateway } = testGateway();
    for (const file of ['nothing.js', '../main.ts', '__proto__'])
      expect(await readPage({ ...gateway, page }, requestOf({ params: { file } }))).toMatchObject({ status: 404 });
  });
});
