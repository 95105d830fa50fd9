import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import {
  exampleCertifiedReport,
  exampleNetwork,
  exampleObservations,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { tuning } from '@assay/protocol/tuning';
import { describe, expect, it } from 'vitest';
import { requestOf, testGateway } from './gateway.fixture.ts';
import { readReport, readTask } from './network-answers.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const report = exampleCertifiedReport(example, [{ task, observations: exampleObservations(example, task) }]);
const params = { taskId: task.taskId };
const asked = (waitMs?: string) => requestOf({ params, query: waitMs === undefined ? {} : { waitMs } });

type Gateway = ReturnType<typeof testGateway>['gateway'];
const publishTask = ({ bus }: Gateway) => bus.publish(subjects.task(task.taskId), encodeMessage(task));
const publishReport = ({ bus }: Gateway) => bus.publish(subjects.report(task.taskId), encodeMessage(report));

describe('readReport', () => {
  it('returns the certified report as stored on the stream', async () => {
    const { gateway } = testGateway();
    await publishReport(gateway);
    expect(await readReport(gateway, asked())).toEqual({ status: 200, body: report });
  });

  it('distinguishes a pending task from an unknown one', async () => {
    const { gateway } = testGateway();
    expect(await readReport(gateway, asked())).toMatchObject({ status: 404, body: { code: 'not-found' } });
    await publishTask(gateway);
    expect(await readReport(gateway, asked())).toMatchObject({ status: 404, body: { code: 'pending' } });
  });

  it('checks once more when the time is over, in case the follower missed it', async () => {
    const { gateway } = testGateway(async (sleeps) => {
      if (sleeps === 1) await publishReport(gateway);
    });
    await publishTask(gateway);
    expect((await readReport(gateway, asked('5000'))).status).toBe(200);
  });

  it.each([
    ['1000', 1_000],
    ['9999999', tuning.longPollMsMax],
    ['-5', 0],
    ['soon', 0],
  ])('with waitMs=%s waits %i ms and no longer', async (waitMs, waitedMs) => {
    const { gateway, clock } = testGateway();
    await publishTask(gateway);
    expect((await readReport(gateway, asked(waitMs))).status).toBe(404);
    expect(clock.nowMs()).toBe(waitedMs);
  });

  it('refuses an invalid task id', async () => {
    const { gateway } = testGateway();
    const response = await readReport(gateway, requestOf({ params: { taskId: '0x12' } }));
    expect(response).toMatchObject({ status: 400, body: { code: 'malformed', field: 'taskId' } });
  });
});

describe('readTask', () => {
  it('reports the state of a task', async () => {
    const { gateway } = testGateway();
    expect((await readTask(gateway, asked())).status).toBe(404);
    await publishTask(gateway);
    expect(await readTask(gateway, asked())).toEqual({ status: 200, body: { status: 'pending', task } });
    await publishReport(gateway);
    expect(await readTask(gateway, asked())).toEqual({ status: 200, body: { status: 'certified', task } });
  });
});
