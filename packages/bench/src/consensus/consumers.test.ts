/** The bench of NATS consumers at its smallest, on a real server. */
import { expect, it } from 'vitest';
import { measureConsumers } from './consumers.ts';

it('measures ours and the client’s consumers, by durable consumers and by followers', async () => {
  const { reading, handOverMs } = await measureConsumers({
    rounds: 1,
    messages: 300,
    concurrency: 16,
    signal: AbortSignal.timeout(60_000),
  });
  expect(reading.map(({ way, variant }) => `${way}: ${variant}`)).toEqual(
    ['work', 'follow'].flatMap((way) =>
      ['ours', 'client', 'client on our transport'].map((variant) => `${way}: ${variant}`),
    ),
  );
  for (const { perSecond, processMs } of reading) {
    expect(perSecond.median).toBeGreaterThan(0);
    expect(processMs.median).toBeGreaterThan(0);
  }
  // Ours gives back what it has fetched. The client leaves it to the ack wait, if it had fetched more than a message.
  expect(handOverMs.ours.median).toBeLessThan(handOverMs.ackWaitMs);
});
