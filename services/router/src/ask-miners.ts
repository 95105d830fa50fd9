/** Asks miners in an order until enough have answered: failed ones are replaced, slow ones hedged. */
import type { Clock } from '@assay/protocol/ports';
import type { Miner } from './miners.ts';

/** How many answers are wanted, and how long. */
export interface Patience {
  readonly wanted: number;
  readonly timeoutMs: number;
  /** Another miner is asked each time that this passes without enough answers. */
  readonly hedgeMs: number;
  /** The miner whose answer must be among them, once there is one. */
  readonly first?: (() => Miner | undefined) | undefined;
}

/**
 * Answers in the order in which they came, at most `wanted`; fewer if no miner is left or the time is over. Whoever is
 * still asked then is told by the signal. Never rejects: `ask` reports failures itself.
 */
export async function askMiners<T>(
  order: readonly Miner[],
  ask: (miner: Miner, signal: AbortSignal) => Promise<T>,
  clock: Clock,
  { wanted, timeoutMs, hedgeMs, first = () => undefined }: Patience,
  outer: AbortSignal,
): Promise<T[]> {
  const answers: T[] = [];
  const over = new AbortController();
  const signal = AbortSignal.any([outer, over.signal]);
  const waiting = [...order];
  const done = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => done.resolve(), { once: true });
  let underWay = 0;
  const answered = new Set<Miner>();
  const hasRoom = () => {
    const miner = first();
    const isOwed = miner !== undefined && !answered.has(miner);
    return answers.length < wanted - Number(isOwed);
  };
  const next = () => {
    const miner = signal.aborted ? undefined : waiting.shift();
    if (miner === undefined) return;
    underWay++;
    void ask(miner, signal)
      .then(
        (answer) => {
          answered.add(miner);
          if (!signal.aborted && hasRoom()) answers.push(answer);
        },
        () => next(),
      )
      .finally(() => {
        underWay--;
        if (answers.length >= wanted || underWay === 0) done.resolve();
      });
  };
  for (let asked = 0; asked < wanted; asked++) next();
  if (underWay === 0 || signal.aborted) done.resolve();
  const hedge = async () => {
    while (!signal.aborted && waiting.length > 0) {
      await clock.sleep(hedgeMs, signal);
      if (hasRoom()) next();
    }
  };
  void hedge();
  void clock.sleep(timeoutMs, signal).then(() => done.resolve());
  await done.promise;
  over.abort('over');
  return answers;
}
