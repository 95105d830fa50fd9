import type { Bus, BusMessage } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { describe, expect, it } from 'vitest';
import { heardTelemetry, instantClock, messageOn, shelfBus } from '../validator/ports.fixture.ts';
import { runFollowLoop } from './follow-loop.ts';
import { accept, type Outcome, reject } from './outcome.ts';

const stream = [1, 2, 3].map((sequence) => messageOn(`assay.v1.tasks.0${sequence}`, new Uint8Array(), sequence));

/** Follows a stream of three messages; the connection is lost before each message in `losses`, once. */
async function follow(handler: (message: BusMessage) => Promise<Outcome>, losses: readonly number[] = []) {
  const stop = new AbortController();
  const left = new Set(losses);
  const from: number[] = [];
  const follower: Bus['follow'] = async function* (_, { fromSequence = 1 }) {
    from.push(fromSequence);
    for (const message of stream.slice(fromSequence - 1)) {
      if (left.delete(message.sequence)) throw new Error('connection lost');
      yield message;
    }
    stop.abort();
  };
  const shelf = shelfBus();
  const clock = instantClock();
  const handled: number[] = [];
  await runFollowLoop(
    {
      clock,
      handler: async (message) => {
        const outcome = await handler(message);
        handled.push(message.sequence);
        return outcome;
      },
      telemetry: heardTelemetry(),
      service: 's',
      stream: 'TASKS',
      spanName: 'test',
      bus: { ...shelf, follow: follower },
    },
    stop.signal,
  );
  return { handled, from, slept: clock.slept, letters: shelf.published.length };
}

describe('runFollowLoop', () => {
  it('handles every message in order', async () => {
    const seen: number[] = [];
    const { handled } = await follow(async ({ sequence }) => {
      await Promise.resolve();
      seen.push(sequence);
      return accept();
    });
    expect({ seen, handled }).toEqual({ seen: [1, 2, 3], handled: [1, 2, 3] });
  });

  it('tries one message again, ever slower, before it goes on to the next', async () => {
    let failures = 7;
    const seen: number[] = [];
    const { handled, slept } = await follow(async ({ sequence }) => {
      seen.push(sequence);
      if (sequence === 2 && failures-- > 0) throw new Error('port');
      return accept();
    });
    expect(seen).toEqual([1, 2, 2, 2, 2, 2, 2, 2, 2, 3]);
    expect(handled).toEqual([1, 2, 3]);
    expect(slept).toEqual([500, 1_000, 2_000, 4_000, 8_000, tuning.retryDelayMsMax, tuning.retryDelayMsMax]);
  });

  it('goes on after the last message handled when the connection is lost', async () => {
    const { handled, from } = await follow(async () => accept(), [2, 3]);
    expect({ handled, from }).toEqual({ handled: [1, 2, 3], from: [1, 2, 3] });
  });

  it('leaves a dead letter of a refusal and goes on', async () => {
    const { handled, letters } = await follow(async ({ sequence }) =>
      sequence === 2 ? reject({ code: 'malformed', detail: 'bad' }) : accept(),
    );
    expect({ handled, letters }).toEqual({ handled: [1, 2, 3], letters: 1 });
  });
});
