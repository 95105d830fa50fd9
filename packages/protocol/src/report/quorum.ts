/**
 * The quorum: the only threshold of the protocol. With liars of less than a third of the weight, any two quorums share
 * an honest operator, and every quorum has more honest than lying weight (Byzantine quorums; Malkhi and Reiter, 1998).
 */

/** Numerator and denominator of the threshold, hashed into the config digest. */
export const quorumFraction = { numerator: 2n, denominator: 3n } as const;

/** True when `weight` is more than two thirds of `total`. Exactly two thirds is not enough. */
export function isQuorum(weight: bigint, total: bigint): boolean {
  return weight * quorumFraction.denominator > total * quorumFraction.numerator;
}
