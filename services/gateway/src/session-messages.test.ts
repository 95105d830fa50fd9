import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { limits } from '@assay/protocol/limits';
import { tuning } from '@assay/protocol/tuning';
import { describe, expect, it } from 'vitest';
import { requestOf, testGateway } from './gateway.fixture.ts';
import { leaveSessionMessage, readSessionMessages } from './session-messages.ts';

const sessionId = `0x${'5e'.repeat(32)}` as const;
const params = { sessionId };
const publish = ({ gateway }: ReturnType<typeof testGateway>, value: unknown) =>
  gateway.bus.publish(subjects.session(sessionId), encodeMessage(value));

describe('leaveSessionMessage', () => {
  it.each([
    ['a path that is no session id', { sessionId: '0x12' }, {}, 'sessionId'],
    ['a body that is no message', params, { hello: 1 }, undefined],
    ['no body', params, undefined, '(whole)'],
  ])('refuses %s', async (_, path, body, field) => {
    const { gateway } = testGateway();
    const response = await leaveSessionMessage(gateway, requestOf({ params: path, body }));
    expect(response).toMatchObject({
      status: 400,
      body: { code: 'malformed', ...(field ? { field } : {}) },
    });
    expect(await gateway.bus.lastSequence('SESSIONS')).toBe(0);
  });
});

describe('readSessionMessages', () => {
  it('reads from a sequence, and returns where to continue', async () => {
    const test = testGateway();
    for (const value of ['a', 'b', 'c']) await publish(test, value);
    const first = await readSessionMessages(test.gateway, requestOf({ params }));
    expect(first).toEqual({ status: 200, body: { messages: ['a', 'b', 'c'], after: 3 } });
    const rest = await readSessionMessages(test.gateway, requestOf({ params, query: { after: '2' } }));
    expect(rest.body).toEqual({ messages: ['c'], after: 3 });
  });

  it('keeps sessions apart', async () => {
    const test = testGateway();
    await test.gateway.bus.publish(subjects.session(`0x${'77'.repeat(32)}`), encodeMessage('other'));
    expect((await readSessionMessages(test.gateway, requestOf({ params }))).body).toEqual({ messages: [], after: 0 });
  });

  it('waits for the first message, and no longer than asked', async () => {
    const test = testGateway(async (sleeps) => {
      if (sleeps === 1) await publish(test, 'late');
    });
    const response = await readSessionMessages(test.gateway, requestOf({ params, query: { waitMs: '1000' } }));
    expect(response.body).toEqual({ messages: ['late'], after: 1 });
    const idle = testGateway();
    await readSessionMessages(idle.gateway, requestOf({ params, query: { waitMs: '1000' } }));
    expect(idle.clock.nowMs()).toBe(1_000);
  });

  it('returns at most the limit at once', async () => {
    const test = testGateway();
    for (let index = 0; index <= limits.sessionMessagesMax; index++) await publish(test, index);
    const { body } = await readSessionMessages(test.gateway, requestOf({ params }));
    expect(body).toMatchObject({ messages: { length: limits.sessionMessagesMax }, after: limits.sessionMessagesMax });
  });

  it.each([{ after: '-1' }, { waitMs: 'soon' }, { waitMs: String(tuning.longPollMsMax + 1) }])(
    'refuses %o',
    async (query) => {
      expect((await readSessionMessages(testGateway().gateway, requestOf({ params, query }))).status).toBe(400);
    },
  );
});
