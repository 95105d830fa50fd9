import type { Bus, Delivery } from '@assay/protocol/ports';
import type { Refusal } from '@assay/protocol/refusal';
import { tuning } from '@assay/protocol/tuning';
import { describe, expect, it } from 'vitest';
import {
  deliveryOf,
  heardTelemetry,
  instantClock,
  messageOn,
  shelfBus,
  stillClock,
} from '../validator/ports.fixture.ts';
import { NotYet } from './not-yet.ts';
import { accept, ignore, type Outcome, reject } from './outcome.ts';
import { runWorkLoop, type WorkLoop } from './work-loop.ts';

const message = messageOn('assay.v1.tasks.01', new Uint8Array(), 7);
const oneAtATime = { durable: 'd', filterSubject: '>', concurrency: 1 };
const refusal: Refusal = { code: 'malformed', detail: 'It is bad.', field: 'prompt' };

/** Passes deliveries to a loop and stops it after the last; resolves when the loop has ended. */
async function run(
  deliveries: readonly Delivery[],
  handler: WorkLoop['handler'],
  more: Partial<WorkLoop> = {},
  publish?: Bus['publish'],
) {
  const stop = new AbortController();
  const shelf = shelfBus();
  const work: Bus['work'] = async function* () {
    yield* deliveries;
    stop.abort();
  };
  const telemetry = heardTelemetry();
  const loop: WorkLoop = {
    telemetry,
    handler,
    clock: stillClock(),
    service: 'tester',
    stream: 'TASKS',
    spanName: 'test',
    work: { durable: 'd', filterSubject: '>', concurrency: 2 },
    bus: { ...shelf, work, ...(publish === undefined ? {} : { publish }) },
    ...more,
  };
  await runWorkLoop(loop, stop.signal);
  return { letters: shelf.published.map(({ data }) => JSON.parse(new TextDecoder().decode(data))), telemetry };
}

describe('runWorkLoop', () => {
  it.each<[string, Outcome, string]>([
    ['accept', accept('done'), 'ack'],
    ['ignore', ignore('repeat'), 'ack'],
    ['reject', reject(refusal), 'term'],
  ])('turns %s into its acknowledgement', async (_, outcome, end) => {
    const delivery = deliveryOf(message);
    await run([delivery], async () => outcome);
    expect(delivery.ended).toEqual([end]);
  });

  it('acknowledges only after the effect is published', async () => {
    const delivery = deliveryOf(message);
    let endedBefore: string[] | undefined;
    await run([delivery], async () => {
      await Promise.resolve();
      endedBefore = [...delivery.ended];
      return accept();
    });
    expect(endedBefore).toEqual([]);
    expect(delivery.ended).toEqual(['ack']);
  });

  it('publishes a dead letter for a refusal before it ends the message', async () => {
    const { letters } = await run([deliveryOf(message)], async () => reject(refusal));
    expect(letters).toEqual([
      { stream: 'TASKS', subject: message.subject, sequence: 7, service: 'tester', ...refusal },
    ]);
  });

  it('publishes one letter when two replicas refuse one message for the same reason', async () => {
    const { letters } = await run([deliveryOf(message), deliveryOf(message, 2)], async () => reject(refusal));
    expect(letters).toHaveLength(1);
  });

  it('leaves letters for the first refusals of a flood, and counts the others', async () => {
    const flood = Array.from({ length: 1_000 }, (_, index) => deliveryOf({ ...message, sequence: index + 1 }));
    const clock = { ...stillClock(), nowMs: () => (flood.at(-2)?.ended.length === 1 ? 60_000 : 0) };
    const { letters } = await run(flood, async () => reject(refusal), { clock, work: oneAtATime });
    expect(flood.every(({ ended }) => ended[0] === 'term')).toBe(true);
    expect(letters).toHaveLength(tuning.deadLettersBurst + 1);
    expect(letters.at(-1)).toMatchObject({ sequence: 1_000, withheld: 999 - tuning.deadLettersBurst });
  });

  it('gives a message back instead of up when its dead letter cannot be published', async () => {
    const delivery = deliveryOf(message);
    await run(
      [delivery],
      async () => reject(refusal),
      {},
      () => Promise.reject(new Error('down')),
    );
    expect(delivery.ended).toEqual([`nak ${tuning.retryDelayMs}`]);
  });

  it.each([
    [1, tuning.retryDelayMs],
    [2, tuning.retryDelayMs * 2],
    [4, tuning.retryDelayMs * 8],
    [tuning.deliveriesMax - 1, tuning.retryDelayMsMax],
  ])('gives delivery %i back for %i ms when a port fails', async (count, delayMs) => {
    const delivery = deliveryOf(message, count);
    await run([delivery], () => Promise.reject(new Error('port')));
    expect(delivery.ended).toEqual([`nak ${delayMs}`]);
  });

  it('gives a message up after the last permitted delivery, with the reason', async () => {
    const delivery = deliveryOf(message, tuning.deliveriesMax);
    const { letters } = await run([delivery], () => Promise.reject(new Error('the port is down')));
    expect(delivery.ended).toEqual(['term']);
    expect(letters).toMatchObject([{ code: 'retries-exhausted', detail: expect.stringContaining('the port is down') }]);
  });

  it('gives a message back after any number of deliveries while something else bounds its time', async () => {
    const [waits, ends] = [deliveryOf(message, 1_000), deliveryOf(message, tuning.deliveriesMax)];
    await run([waits], () => Promise.reject(new NotYet('method-not-here', 7, { givesUp: false })));
    await run([ends], () => Promise.reject(new NotYet('too-early', 7)));
    expect([waits.ended, ends.ended]).toEqual([['nak 7'], ['term']]);
  });

  it('extends the ack wait while the handler runs, and no longer', async () => {
    const delivery = deliveryOf(message);
    const clock = stillClock();
    await run(
      [delivery],
      async () => {
        clock.wakeAll();
        await new Promise(setImmediate);
        return accept();
      },
      { clock },
    );
    clock.wakeAll();
    await new Promise(setImmediate);
    expect(delivery.ended).toEqual(['working', 'ack']);
  });

  it('completes work in progress before it ends', async () => {
    const delivery = deliveryOf(message);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let ended = false;
    const running = run([delivery], () => held.then(() => accept())).then(() => {
      ended = true;
    });
    await new Promise(setImmediate);
    expect(ended).toBe(false);
    release();
    await running;
    expect(delivery.ended).toEqual(['ack']);
  });

  it('starts the consumer again when it fails', async () => {
    const stop = new AbortController();
    const clock = instantClock();
    let starts = 0;
    const work: Bus['work'] = async function* () {
      starts++;
      if (starts < 3) throw new Error('connection lost');
      stop.abort();
      yield* [];
    };
    const bus = { ...shelfBus(), work };
    const telemetry = heardTelemetry();
    const shared = { bus, clock, telemetry, service: 's', stream: 'TASKS', spanName: 'test' } as const;
    await runWorkLoop(
      { ...shared, work: { durable: 'd', filterSubject: '>', concurrency: 1 }, handler: async () => accept() },
      stop.signal,
    );
    expect({ starts, slept: clock.slept }).toEqual({ starts: 3, slept: [tuning.retryDelayMs, tuning.retryDelayMs] });
  });
});
