/**
 * How likely an answer is to be one that should be rejected: an additive model. Each term adds to the log-odds as one feature
 * rises above, or falls below, an edge, and never takes anything away; so more evidence never makes a verdict milder, and
 * what each feature adds is its share of the score. All is computed in integers: equal features give equal scores anywhere.
 */

/** One term. Features and edges are in basis points (0 … 10,000), what is added in thousandths of the log-odds. */
export interface Term {
  readonly feature: string;
  /** `above`: the term counts from the edge upwards; `below`: from the edge downwards. */
  readonly side: 'above' | 'below';
  readonly edge: number;
  readonly adds: number;
}

/** An additive model: log-odds without any evidence, in thousandths, and its terms. */
export interface AdditiveModel {
  readonly base: number;
  readonly terms: readonly Term[];
}

/** Features by name, basis points. One that is missing counts as no evidence. */
export type Features = Readonly<Record<string, number>>;

/**
 * A term counts in full so many basis points beyond its edge, and in proportion up to there: a feature that moves a little, as one
 * answer comes or goes, moves the score a little.
 */
const rampPoints = 2_000;
/** Probabilities in basis points at log-odds of 0, ¼, ½ … 10. */
const logistic = [
  5_000, 5_622, 6_225, 6_792, 7_311, 7_773, 8_176, 8_520, 8_808, 9_047, 9_241, 9_399, 9_526, 9_627, 9_707, 9_770, 9_820,
  9_859, 9_890, 9_914, 9_933, 9_948, 9_959, 9_968, 9_975, 9_981, 9_985, 9_988, 9_991, 9_993, 9_994, 9_996, 9_997, 9_997,
  9_998, 9_998, 9_999, 9_999, 9_999, 9_999, 10_000,
];
const stepThousandths = 250;

/** The part of a term that counts at a value of its feature, 0 … 1. */
export function partOf({ side, edge }: Pick<Term, 'side' | 'edge'>, value: number): number {
  return pointsOf({ side, edge }, value) / rampPoints;
}

function pointsOf({ side, edge }: Pick<Term, 'side' | 'edge'>, value: number): number {
  return Math.max(0, Math.min(rampPoints, side === 'above' ? value - edge : edge - value));
}

/** What one term adds to the log-odds, in thousandths. */
export function addedBy(term: Term, features: Features): number {
  const value = features[term.feature];
  return value === undefined ? 0 : Math.floor((term.adds * pointsOf(term, value)) / rampPoints);
}

/** Probability, basis points, that an answer with these features should be rejected. */
export function rejectProbability({ base, terms }: AdditiveModel, features: Features): number {
  return probabilityAt(terms.reduce((sum, term) => sum + addedBy(term, features), base));
}

/** What each feature adds to the log-odds, in thousandths, the largest first; features that add nothing are left out. */
export function sharesOf(
  { terms }: AdditiveModel,
  features: Features,
): readonly (readonly [feature: string, adds: number])[] {
  const shares = new Map<string, number>();
  for (const term of terms) shares.set(term.feature, (shares.get(term.feature) ?? 0) + addedBy(term, features));
  return [...shares].filter(([, adds]) => adds > 0).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** The logistic function in integers: of thousandths, in basis points. */
function probabilityAt(thousandths: number): number {
  const distance = Math.min(Math.abs(thousandths), stepThousandths * (logistic.length - 1));
  const at = Math.floor(distance / stepThousandths);
  const from = logistic[at] ?? 10_000;
  const to = logistic[at + 1] ?? 10_000;
  const value = from + Math.floor(((to - from) * (distance - at * stepThousandths)) / stepThousandths);
  return thousandths >= 0 ? value : 10_000 - value;
}

/** The model in a policy's parameters: `<name>.base`, and `<name>.<feature>.above.<edge>` or `.below.` for each term. */
export function modelIn(parameters: Readonly<Record<string, number>>, name: string): AdditiveModel | undefined {
  const base = parameters[`${name}.base`];
  if (base === undefined) return undefined;
  const terms = Object.entries(parameters).flatMap(([key, adds]) => {
    const [head, feature, side, edge] = key.split('.');
    if (head !== name || feature === undefined || edge === undefined) return [];
    return side === 'above' || side === 'below' ? [{ feature, side, edge: Number(edge), adds } as const] : [];
  });
  return { base, terms };
}

/** The inverse of {@link modelIn}. */
export function parametersOf({ base, terms }: AdditiveModel, name: string): Record<string, number> {
  const entries = terms.map(({ feature, side, edge, adds }): [string, number] => [
    `${name}.${feature}.${side}.${edge}`,
    adds,
  ]);
  return { [`${name}.base`]: base, ...Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))) };
}
