/**
 * The distribution that a token was drawn from, as far as it is known: the most likely tokens, each for itself, and all
 * others as one. What follows is exact for these classes however many there are, so that no back end has to give its
 * whole vocabulary.
 */
import type { ScoredToken } from '@assay/protocol/language-model/language-model';
import { chanceOf, logOf, whole } from './fixed-point.ts';

/** Probability of the others at least, millionths: below it the rounding of the known ones is larger. */
const othersMin = 500;

/** The classes of one place, and the one that the token is of. Logarithms in thousandths. */
export interface Place {
  readonly own: number;
  /** Whether the token is none of the known ones. */
  readonly isOther: boolean;
  /** The known tokens, the most likely one first, and at temperature 1 all others as the last class. */
  readonly classes: readonly { readonly log: number; readonly chance: number }[];
}

/**
 * The place of a token that was drawn at a temperature. At another temperature than 1 the others' part is not known:
 * then the place is that of a draw from the known tokens, and undefined for a token that is none of them. Undefined as
 * well without a known token.
 */
export function placeOf(
  { logprob, likeliest }: ScoredToken,
  count: number,
  temperatureMilli: number,
): Place | undefined {
  const known = likeliest.slice(0, count);
  const last = known.at(-1);
  if (last === undefined || temperatureMilli <= 0) return undefined;
  const isKnown = logprob >= last;
  if (temperatureMilli === 1_000) {
    const chances = known.map(chanceOf);
    const others = Math.max(othersMin, whole - chances.reduce((sum, one) => sum + one, 0));
    const classes = normalised([...known, logOf(others)]);
    return { own: isKnown ? logprob : logOf(others), isOther: !isKnown, classes };
  }
  if (!isKnown) return undefined;
  const tempered = (log: number) => Math.round((1_000 * log) / temperatureMilli);
  const logs = known.map(tempered);
  const total = logOf(logs.reduce((sum, log) => sum + chanceOf(log), 0));
  return { own: tempered(logprob) - total, isOther: false, classes: normalised(logs.map((log) => log - total)) };
}

function normalised(logs: readonly number[]): Place['classes'] {
  const sum = logs.reduce((total, log) => total + chanceOf(log), 0);
  return logs.map((log) => ({ log, chance: Math.round((whole * chanceOf(log)) / sum) }));
}

/** Entropy (thousandths) and variance of the log-probability (thousandths squared) of a place. */
export function momentsOf({ classes }: Place): { readonly entropy: number; readonly variance: number } {
  const mean = (power: 1 | 2) =>
    Math.round(classes.reduce((sum, { log, chance }) => sum + chance * log ** power, 0) / whole);
  const average = mean(1);
  return { entropy: -average || 0, variance: Math.max(0, mean(2) - average * average) };
}

/** How many known tokens are likelier, and by how much the most likely one is. */
export function rankOf({ logprob, likeliest }: ScoredToken): { readonly rank: number; readonly margin: number } {
  const above = likeliest.filter((one) => one > logprob).length;
  return { rank: above + 1, margin: Math.max(0, (likeliest[0] ?? logprob) - logprob) };
}
