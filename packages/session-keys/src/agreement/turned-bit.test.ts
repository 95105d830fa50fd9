import { beforeAll, describe, expect, it } from 'vitest';
import type { AgreementState } from './agreement-state.ts';
import { decodeMessage, encodeMessage, type Message } from './message.ts';
import { answerOf, contextOf, flipBit, mustAccept, othersThan, planOf, startAll } from './three-parties.fixture.ts';
import { METHODS } from './transcript.ts';

/** The nightly run takes every bit. */
const isWhole = process.env.TEST_SCOPE === 'whole';
/** Odd, so that all eight places in a byte and both receivers come up. */
const stride = isWhole ? 1 : 13;

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

  it('in any place of any message leads to a refusal', { timeout: 300_000 }, async () => {
    let refusals = 0;
    let bits = 0;
    for (const { message, receivers } of before) {
      const bytes = encodeMessage(message);
      bits += bytes.length * 8;
      for (let bit = 0; bit < bytes.length * 8; bit += stride) {
        const decoded = decodeMessage(flipBit(bytes, bit));
        const receiver = receivers[bit % 2] as AgreementState;
        const answer = decoded.ok ? await answerOf(receiver, decoded.value) : decoded.refusal.code;
        // One matcher for each bit would take longer than the check.
        if (answer === 'accept' || answer === 'ignore') expect.fail(`bit ${bit} of ${message.body.kind}: ${answer}`);
        refusals += 1;
      }
    }
    expect(bits).toBeGreaterThan(32_000);
    expect(refusals).toBeGreaterThan(32_000 / stride);
  });
});
