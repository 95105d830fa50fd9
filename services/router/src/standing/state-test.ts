/** How a miner may be asked for a model: a sequential probability ratio test (Wald) over its verdicts moves it. Pure. */
import { z } from 'zod';

/**
 * `active`: asked first. `restricted`: after the active ones. `sandboxed`: beside others, never alone. `removed`: never,
 * until the operator takes its record away.
 */
export const minerStates = ['active', 'restricted', 'sandboxed', 'removed'] as const;

/** See {@link minerStates}. */
export type MinerState = (typeof minerStates)[number];

/** What the test tells apart, and how often one test may be wrong. */
export const stateTest = {
  /** Share of accepted answers of a good miner, and of a bad one. */
  goodShare: 0.9,
  badShare: 0.6,
  /** A good miner is moved down in at most this share of tests, and a bad one up. */
  goodMovedDownMax: 0.001,
  badMovedUpMax: 0.01,
} as const;

const { goodShare, badShare, goodMovedDownMax, badMovedUpMax } = stateTest;
const ofAccepted = Math.log(badShare / goodShare);
const ofRejected = Math.log((1 - badShare) / (1 - goodShare));
const isBadFrom = Math.log((1 - badMovedUpMax) / goodMovedDownMax);
const isGoodFrom = Math.log(badMovedUpMax / (1 - goodMovedDownMax));

export const stateSchema = z.strictObject({
  state: z.enum(minerStates),
  /** Logarithm of the likelihood of a bad miner over a good one, since the last move. */
  evidence: z.number().min(-1_000).max(1_000),
});

/** Where a miner stands for one model. */
export type MinerStanding = z.infer<typeof stateSchema>;

/** Every miner begins here. */
export const newcomer: MinerStanding = { state: 'active', evidence: 0 };

/** The standing after one more verdict. Each decision moves by one state, and begins another test. */
export function standingAfter({ state, evidence }: MinerStanding, isAccepted: boolean): MinerStanding {
  if (state === 'removed') return { state, evidence };
  const next = evidence + (isAccepted ? ofAccepted : ofRejected);
  if (next >= isBadFrom) return { state: beside(state, 1), evidence: 0 };
  if (next <= isGoodFrom) return { state: beside(state, -1), evidence: 0 };
  return { state, evidence: next };
}

function beside(state: MinerState, steps: number): MinerState {
  return minerStates[Math.max(0, minerStates.indexOf(state) + steps)] ?? state;
}
