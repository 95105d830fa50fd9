/** The score that a doubt amounts to, between the two borders that calibration finds: accept, abstain between, reject. */

/** From this score on an answer is accepted. */
export const acceptScore = 5_000;
/** From this score on, and below {@link acceptScore}, it is left undecided; below it is rejected. */
export const undecidedScore = 2_500;

/** Two borders of a doubt, basis points: up to the first an answer is accepted, beyond the second it is rejected. */
export interface DoubtBand {
  readonly acceptMax: number;
  readonly rejectAbove: number;
}

/**
 * The score of a doubt (0 … 10,000 basis points): 10,000 without doubt, {@link acceptScore} at the first border,
 * {@link undecidedScore} at the second, 0 at a doubt of 10,000; linear between. A second border below the first counts as it.
 */
export function bandScore(doubt: number, { acceptMax, rejectAbove }: DoubtBand): number {
  const first = Math.max(1, Math.min(9_998, acceptMax));
  const second = Math.max(first, Math.min(9_999, rejectAbove));
  if (doubt <= first) return 10_000 - ((10_000 - acceptScore) * doubt) / first;
  if (doubt <= second)
    return acceptScore - 1 - ((acceptScore - 1 - undecidedScore) * (doubt - first)) / (second - first);
  return ((undecidedScore - 1) * (10_000 - Math.min(10_000, doubt))) / (10_000 - second);
}
