/** What Slither finds in the contracts and why it is no fault, as docs/formal.md says. */

/** A place where a detector says that something may be wrong. */
export interface Finding {
  /** Slither's name of the detector. */
  readonly detector: string;
  /** Contract and function. */
  readonly place: string;
}

/** One of a run. */
export interface FoundFinding extends Finding {
  readonly impact: string;
  readonly description: string;
}

/** One that is no fault. */
export interface ExplainedFinding extends Finding {
  readonly because: string;
}

const zeroIsNone = 'Zero means that there is nothing; no other value is compared for equality.';
const twoOfThree = 'Only the signer is of use: where recovery fails it is zero, which is refused as nobody.';
const oneOfTwo = 'The store has two digests, and the function gives one.';
const afterCalls =
  'The calls are of contracts that are fixed when this one is created; if one called back, only the order of events would change.';
const noCallBack = 'The hub is fixed when the contract is created, and calls nobody.';

/** Every finding that stays. */
export const explainedFindings: readonly ExplainedFinding[] = [
  { detector: 'incorrect-equality', place: 'OperatorStakes.unboundFrom', because: zeroIsNone },
  { detector: 'incorrect-equality', place: 'VerdictPayments.collect', because: zeroIsNone },
  { detector: 'incorrect-equality', place: 'VerdictPayments.refund', because: zeroIsNone },
  {
    detector: 'uninitialized-local',
    place: 'BlsKeyRegistry.epochKeys',
    because: 'Solidity fills memory with zeros, which are the point at infinity: the sum of no keys.',
  },
  {
    detector: 'unused-return',
    place: 'AssayHub.post',
    because:
      'The verifier reverts where the quorum is missing. It returns the signed weight for those who want to know.',
  },
  { detector: 'unused-return', place: 'BlsKeyRegistry.setKey', because: twoOfThree },
  { detector: 'unused-return', place: 'Slashing._signerOf', because: twoOfThree },
  { detector: 'unused-return', place: 'OperatorStakes.join', because: twoOfThree },
  { detector: 'unused-return', place: 'ValidatorRegistry.setDigest', because: oneOfTwo },
  { detector: 'unused-return', place: 'ValidatorRegistry.policiesDigest', because: oneOfTwo },
  {
    detector: 'unused-return',
    place: 'VerdictPayments._open',
    because: 'The clone is at the address that was computed beforehand, or its creation reverts.',
  },
  {
    detector: 'missing-zero-check',
    place: 'AssayHub.constructor',
    because: 'A hub without a registry starts no epoch and takes no batch: it is useless, and harms nobody.',
  },
  { detector: 'reentrancy-events', place: 'VerdictPayments.collect', because: afterCalls },
  { detector: 'reentrancy-events', place: 'Slashing.execute', because: afterCalls },
  {
    detector: 'divide-before-multiply',
    place: 'AcceptedWorkPayment._pay',
    because: 'The product is subtracted from the whole: what the division leaves is paid as well.',
  },
  {
    detector: 'unused-return',
    place: 'AssayValidator._checkSubject',
    because: 'A request is told by its validator and agent; what has been answered before does not matter.',
  },
  { detector: 'reentrancy-benign', place: 'AcceptedAnswers.note', because: noCallBack },
  { detector: 'reentrancy-events', place: 'AcceptedAnswers.note', because: noCallBack },
  { detector: 'reentrancy-events', place: 'AssayValidator.answer', because: noCallBack },
];

/** A finding as a line names it. */
export function nameOf({ detector, place }: Finding): string {
  return `${detector} in ${place}`;
}

/** Findings without an explanation, and explanations without a finding. */
export function unmatched(
  findings: readonly FoundFinding[],
  explained: readonly ExplainedFinding[] = explainedFindings,
): { readonly unexplained: readonly FoundFinding[]; readonly outdated: readonly ExplainedFinding[] } {
  const found = new Set(findings.map(nameOf));
  const known = new Set(explained.map(nameOf));
  return {
    unexplained: findings.filter((one) => !known.has(nameOf(one))),
    outdated: explained.filter((one) => !found.has(nameOf(one))),
  };
}

interface Element {
  readonly type: string;
  readonly name: string;
  readonly type_specific_fields?: { readonly parent?: Element };
}

/** The findings in Slither's JSON. Throws if it is none of a run that ended. */
export function findingsIn(json: string): FoundFinding[] {
  const { success, error, results } = JSON.parse(json) as {
    readonly success: boolean;
    readonly error: string | null;
    readonly results: {
      readonly detectors?: readonly {
        readonly check: string;
        readonly impact: string;
        readonly description: string;
        readonly elements: readonly Element[];
      }[];
    };
  };
  if (!success) throw new Error(`Slither did not end: ${error}`);
  return (results.detectors ?? []).map(({ check, impact, description, elements }) => {
    const [first] = elements;
    return { detector: check, place: first === undefined ? '' : placeOf(first), impact, description };
  });
}

/** Contract and function around an element, or the contract alone. */
function placeOf(element: Element): string {
  const parent = element.type_specific_fields?.parent;
  if (element.type === 'function' && parent !== undefined) return `${parent.name}.${element.name}`;
  return element.type === 'contract' || parent === undefined ? element.name : placeOf(parent);
}
