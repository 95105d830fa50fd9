/** Does a short answer give another amount than the others do, whatever the units? */
import { isSameAmount, type StatedAmount } from './quantities.ts';

/** Another amount than that of the others: how many agree, of how many that give one. */
export interface AmountConflict {
  /** Another amount than theirs, as written; undefined where it is the same. */
  readonly own: string | undefined;
  readonly agreed: string;
  readonly count: number;
  readonly of: number;
}

/** Voices of the same amount, and their share of those that give one. */
const voicesMin = 3;
const agreedShare = 0.75;
/** Another amount that so many others give too is no contradiction. */
const sharedVoices = 2;

/** The amounts that an answer gives beyond those that the prompt has in the same unit. */
export function newAmounts(own: readonly StatedAmount[], asked: readonly StatedAmount[]): StatedAmount[] {
  return own.filter((one) => !asked.some((other) => other.unit === one.unit && isSameAmount(one, other)));
}

/** The amount on which others agree, and whether this answer gives it or another one; undefined where they agree on none, or it gives none. */
export function amountConflict(
  own: readonly StatedAmount[],
  others: readonly (readonly StatedAmount[])[],
): AmountConflict | undefined {
  for (const dimension of new Set(own.map((one) => one.dimension))) {
    const giving = others.filter((other) => other.some((one) => one.dimension === dimension));
    const countOf = (amount: StatedAmount): number =>
      giving.filter((other) => other.some((one) => isSameAmount(one, amount))).length;
    const [agreed, count] = giving
      .flat()
      .filter((one) => one.dimension === dimension)
      .map((one) => [one, countOf(one)] as const)
      .sort((a, b) => b[1] - a[1] || (a[0].text < b[0].text ? -1 : 1))[0] ?? [undefined, 0];
    if (agreed === undefined || count < voicesMin || count < agreedShare * giving.length) continue;
    if (giving.length * 2 < others.length) continue;
    const mine = own.filter((one) => one.dimension === dimension);
    const isSame = mine.some((one) => isSameAmount(one, agreed));
    if (!isSame && mine.some((one) => countOf(one) >= sharedVoices)) continue;
    return { own: isSame ? undefined : (mine[0]?.text ?? ''), agreed: agreed.text, count, of: others.length };
  }
  return undefined;
}
