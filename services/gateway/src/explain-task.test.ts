import { subjects } from '@assay/protocol/bus/subjects';
import { utf8 } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import {
  type ExampleTask,
  exampleCertifiedReport,
  exampleMeasurements,
  exampleNetwork,
  exampleObservations,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { explanationSchema } from '@assay/protocol/report/explanation';
import { contentIdOf } from '@assay/protocol/task/content-id';
import { contentPlaceOf } from '@assay/protocol/task/content-place';
import { tuning } from '@assay/protocol/tuning';
import { describe, expect, it } from 'vitest';
import { explainTask } from './explain-task.ts';
import { RecentTasks } from './explorer/recent-tasks.ts';
import { requestOf, testGateway } from './gateway.fixture.ts';
import type { Gateway, GroundsCall } from './gateway.ts';

const example = exampleNetwork();
const one = exampleTask();

/** The report that rejects the second submission. */
function reportOn({ task }: ExampleTask) {
  const { accept, reject } = exampleMeasurements;
  const measured = task.submissions.map((_, index) => (index === 1 ? reject : accept));
  return exampleCertifiedReport(example, [{ task, observations: exampleObservations(example, task, () => measured) }]);
}

/** A gateway with the explorer, and what was asked of its thread. */
function gatewayWithWords(more: Partial<Gateway> = {}) {
  const { gateway: plain, clock } = testGateway();
  const { bus, telemetry, policies } = plain;
  const recent = new RecentTasks({ bus, clock, log: telemetry.log, policies, tasksMax: 10, watchersMax: 2 });
  const calls: GroundsCall[] = [];
  const findGrounds: Gateway['findGrounds'] = async (call) => {
    calls.push(call);
    return call.asked.map(() => [grounds]);
  };
  const gateway: Gateway = { ...plain, recent, findGrounds, ...more };
  return { gateway, calls };
}

const grounds = {
  role: 'semantic' as const,
  score: 0,
  evidence: [{ flag: 'truncated', strength: 9_000, threshold: 6_000 }],
  against: [],
  passages: [{ start: 0, end: 4, text: 'Pari', scoreWithout: 10_000, flagsLifted: ['truncated'] }],
};

const ask = ({ task }: ExampleTask, words?: string) =>
  requestOf({ params: { taskId: task.taskId }, query: words === undefined ? {} : { words } });

async function publish({ bus, contentStore }: Gateway, made: ExampleTask): Promise<void> {
  const { task, prompt, outputs } = made;
  const contents = new Map([prompt, ...outputs].map((text) => [contentIdOf(utf8(text)), utf8(text)]));
  await contentStore.put(contentPlaceOf(task), contents);
  await bus.publish(subjects.task(task.taskId), encodeMessage(task));
  await bus.publish(subjects.report(task.taskId), encodeMessage(reportOn(made)));
}

describe('explainTask', () => {
  it('explains the report on the stream', async () => {
    const { gateway } = testGateway();
    expect(await explainTask(gateway, ask(one))).toMatchObject({ status: 404, body: { code: 'not-found' } });
    await gateway.bus.publish(subjects.task(one.task.taskId), encodeMessage(one.task));
    expect(await explainTask(gateway, ask(one))).toMatchObject({ status: 404, body: { code: 'pending' } });
    await publish(gateway, one);
    const results = reportOn(one).results.map(({ miner, verdict }) => ({ miner, verdict }));
    expect(await explainTask(gateway, ask(one))).toMatchObject({
      status: 200,
      body: { taskId: one.task.taskId, results },
    });
  });

  it('adds the words that decided each verdict other than accept', async () => {
    const { gateway, calls } = gatewayWithWords();
    await publish(gateway, one);
    const { status, body } = await explainTask(gateway, ask(one, '1'));
    expect(status).toBe(200);
    expect(explanationSchema.parse(body).results.map((result) => result.grounds)).toEqual([[], [grounds]]);
    expect(calls.map(({ content }) => content.prompt)).toEqual([one.prompt]);
    expect(calls[0]?.asked.map(({ index }) => index)).toEqual([1]);
  });

  it('finds no words where the gateway shows no content, and in texts that are too long', async () => {
    const { gateway } = testGateway();
    await publish(gateway, one);
    expect((await explainTask(gateway, ask(one, '1'))).status).toBe(404);
    const long = exampleTask({ outputs: ['Paris.', 'x'.repeat(tuning.groundsCharsMax)] });
    const open = gatewayWithWords();
    await publish(open.gateway, long);
    const refused = await explainTask(open.gateway, ask(long, '1'));
    expect(refused).toMatchObject({ status: 422, body: { code: 'content-too-long' } });
    expect(open.calls).toEqual([]);
  });

  it('asks to come again when too many others wait for words', async () => {
    const { gateway } = gatewayWithWords({ findGrounds: async () => Promise.reject(new Error('8 calls wait')) });
    await publish(gateway, one);
    const refused = await explainTask(gateway, ask(one, '1'));
    expect(refused).toMatchObject({ status: 503, body: { code: 'too-many-waiting' } });
    expect(refused.headers?.['retry-after']).toBeDefined();
  });
});
