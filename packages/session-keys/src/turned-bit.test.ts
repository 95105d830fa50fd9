import { beforeAll, describe, expect, it } from 'vitest';
import type { AgreementState } from './agreement-state.ts';
import { decodeMessage, encodeMessage, type Message } from './message.ts';
import { answerOf, contextOf, flipBit, mustAccept, othersThan, planOf, startAll } from './three-parties.fixture.ts';
import { METHODS } from './transcript.ts';

describe.each(METHODS)('a single turned bit in %s', (method) => {
  let sent: Message[] = [];
  const before: { message: Message; receivers: AgreementState[] }[] = [];
  beforeAll(async () => {
    const run = startAll(planOf('user'), undefined, method);
    sent = [...run.sent];
    for (let next = 0; next < sent.length; next += 1) {
      const message = sent[next] as Message;
      const receivers = othersThan(message.sender);
      before.push({ message, receivers: receivers.map((party) => run.sides[party]) });
      for (const party of receivers) {
        const step = await mustAccept(run.sides[party], message, contextOf(party));
        run.sides[party] = step.state;
        sent.push(...step.send);
      }
    }
  });

  it('in any place of any message leads to a refusal', async () => {
    let refusals = 0;
    for (const { message, receivers } of before) {
      const bytes = encodeMessage(message);
      for (let at = 0; at < bytes.length; at += 1) {
        const decoded = decodeMessage(flipBit(bytes, at * 8 + (at % 7)));
        const receiver = receivers[at % 2] as AgreementState;
        const answer = decoded.ok ? await answerOf(receiver, decoded.value) : decoded.refusal.code;
        expect(answer, `byte ${at} of ${message.body.kind}`).not.toMatch(/^(accept|ignore)$/);
        refusals += 1;
      }
    }
    expect(refusals).toBeGreaterThan(4_000);
  });
});
