/**
 * To which epoch a task belongs. Everybody who reads the chain and the TASKS stream comes to the same answer, so a task is
 * observed, reported and certified in one epoch only.
 */

import type { Hex } from '../encoding/bytes.ts';

/** The start of an epoch, as the registry states it. */
export interface EpochStart {
  readonly epoch: number;
  /** Time of its first block, milliseconds since 1970. */
  readonly startedAtMs: number;
  /** For how long after this start the hub accepts certificates of the epoch before. */
  readonly graceMs: number;
}

/**
 * The same with the config digest of the epoch: after a reorganisation it may start in the same second with other members
 * or weights.
 */
export interface BoundEpochStart extends EpochStart {
  readonly configDigest: Hex;
}

/** Denominator of the part of the grace period that passes before an epoch takes tasks. */
const handoverPart = 2;

/**
 * The server time from which on TASKS takes tasks for an epoch: half of the grace period after its start. By then its start
 * is final and known to every service; the other half is for the tasks of the epoch before. The first epoch takes all.
 */
export function takesFromMs({ epoch, startedAtMs, graceMs }: EpochStart): number {
  return epoch === 1 ? 0 : startedAtMs + Math.floor(graceMs / handoverPart);
}

/** When the hub stops accepting certificates of the epoch before the one that starts here. */
export function previousEndsMs({ startedAtMs, graceMs }: EpochStart): number {
  return startedAtMs + graceMs;
}

/** Which tasks an epoch takes over from the one before. Server time, milliseconds since 1970. */
export interface TakenOver {
  /** TASKS took them in this time, which is that of the epoch before. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** When the hub stopped accepting certificates of the epoch before. */
  readonly endedMs: number;
  /** They count as handed in at this moment. */
  readonly countsFromMs: number;
}

/**
 * What an epoch takes over from the one before. The first has none before it. Its tasks count as handed in half of a grace
 * period after the other's end: by then the other's last batches are final, as its start was when it took its first task.
 */
export function takenOver(start: EpochStart, before: EpochStart): TakenOver {
  const endedMs = previousEndsMs(start);
  const countsFromMs = endedMs + Math.floor(start.graceMs / handoverPart);
  return { fromMs: takesFromMs(before), untilMs: takesFromMs(start), endedMs, countsFromMs };
}

/** The last of these epochs, in ascending order, that takes a task of this server time; undefined: an earlier one does. */
export function epochOfTask<T extends EpochStart>(starts: readonly T[], timestampMs: number): T | undefined {
  return starts.findLast((start) => takesFromMs(start) <= timestampMs);
}
