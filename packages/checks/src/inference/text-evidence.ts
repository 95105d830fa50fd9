/**
 * Evidence that a text is not the named model's, by teacher forcing: the model reads prompt and text, and states how
 * likely each token was. The evidence is an e-value: how much likelier the tokens are under other ways of writing than
 * under the claim. Its mean over honest texts is at most 1, so it is above 10,000 for at most one honest text of 10,000
 * (Markov), and products over tasks test a miner at any time (Ville). No approximation by a normal distribution is
 * needed, however short or odd the text.
 */
import type { ScoredToken } from '@assay/protocol/language-model/language-model';
import { chanceOf, logMean, logOf, whole } from './fixed-point.ts';
import { momentsOf, type Place, placeOf, rankOf } from './token-distribution.ts';

/** How the claimed model would have written the text, and what is granted to honest differences. */
export interface WritingClaim {
  readonly temperatureMilli: number;
  readonly likeliest: number;
  readonly tieMilli: number;
  readonly missesPpm: number;
}

/** What the tokens of a text say about a claim. */
export interface TextEvidence {
  /** Tokens that say something. */
  readonly tokens: number;
  /** Natural logarithm of the e-value, thousandths: positive against the claim. */
  readonly log: number;
  /** Temperature 0: tokens that are not the most likely ones. */
  readonly misses: number;
  /** Other temperatures: sum of (log p + entropy) over the root of the sum of variances, hundredths; about N(0, 1). */
  readonly z: number;
}

/** Another way of writing: the claimed probabilities to a power, and the tokens that are not known more or less often. */
interface Alternative {
  /** Thousandths beyond the first power. */
  readonly power: number;
  /** Natural logarithm, thousandths, of what the others' part is multiplied by before all parts are made a whole again. */
  readonly others: number;
}

const powerOf = (power: number): Alternative => ({ power, others: 0 });
const othersOf = (others: number): Alternative => ({ power: 0, others });

/**
 * At temperature 1: flatter and sharper distributions, as by another temperature, and more or fewer of the tokens that
 * are not known. Quantized weights and edits have more of these; text that a larger model is sure of has fewer. Powers
 * near the first are left out: in a mean, what hardly differs from the claim hides what speaks for it.
 */
const sampledOnce: readonly Alternative[] = [
  ...[-600, -400, -250, 250, 500, 1_000].map(powerOf),
  ...[-1_200, 800].map(othersOf),
];
/** At other temperatures, where the others' part is not known. */
const sampledTempered = [-600, -400, -250, -150, -80, 100, 250, 500, 1_000].map(powerOf);
/** The same at temperature 0: shares of tokens that are not the most likely ones, millionths. */
const missShares = [50_000, 100_000, 200_000, 350_000, 500_000] as const;

/** The evidence of a text's tokens. */
export function textEvidence(tokens: readonly ScoredToken[], claim: WritingClaim): TextEvidence {
  return claim.temperatureMilli === 0 ? greedyEvidence(tokens, claim) : sampledEvidence(tokens, claim);
}

/** At temperature 0 a text has the most likely token everywhere, but where two machines round differently. */
function greedyEvidence(tokens: readonly ScoredToken[], { tieMilli, missesPpm }: WritingClaim): TextEvidence {
  const known = tokens.filter(({ likeliest }) => likeliest.length > 0);
  const misses = known.filter((token) => rankOf(token).margin > tieMilli).length;
  const hits = known.length - misses;
  const against = missShares
    .filter((share) => share > missesPpm)
    .map(
      (share) => misses * (logOf(share) - logOf(missesPpm)) + hits * (logOf(whole - share) - logOf(whole - missesPpm)),
    );
  return { tokens: known.length, log: logMean(against), misses, z: 0 };
}

function sampledEvidence(tokens: readonly ScoredToken[], claim: WritingClaim): TextEvidence {
  const places = tokens
    .map((token) => placeOf(token, claim.likeliest, claim.temperatureMilli))
    .filter((place) => place !== undefined);
  const alternatives = claim.temperatureMilli === 1_000 ? sampledOnce : sampledTempered;
  const against = alternatives.map((one) => places.reduce((sum, place) => sum + tilted(place, one), 0));
  let [surprise, variance] = [0, 0];
  for (const place of places) {
    const moments = momentsOf(place);
    surprise += place.own + moments.entropy;
    variance += moments.variance;
  }
  const z = variance === 0 ? 0 : Math.round((100 * surprise) / Math.sqrt(variance));
  return { tokens: places.length, log: logMean(against), misses: 0, z };
}

/** Logarithm of the ratio of a token's probability under an alternative to that under the claim. */
function tilted({ own, isOther, classes }: Place, { power, others }: Alternative): number {
  // e to a negative power of a small chance is large: the sum is taken relative to its largest term.
  const terms = classes.map(({ log, chance }) => logOf(chance) + Math.round((power * log) / 1_000));
  if (others !== 0) terms.push((terms.pop() ?? 0) + others);
  const top = Math.max(...terms);
  const sum = terms.reduce((total, term) => total + chanceOf(term - top), 0);
  return Math.round((power * own) / 1_000) + (isOther ? others : 0) - top - logOf(sum);
}
