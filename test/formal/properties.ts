/** What is proven of the contracts: the properties of packages/contracts/test/formal, in words and with their bounds. */

/** What must never happen, in the order in which docs/formal.md lists it. */
export const claims = {
  quorum: 'no root without more than two thirds of the weight',
  root: 'no root overwritten',
  batch: 'no batch of another chain, hub or epoch',
  signer: 'no signer counted twice',
  weight: 'no weight created',
} as const;

/** One of the five claims. */
export type Claim = keyof typeof claims;

/** A function that Halmos runs. */
export interface Property {
  /** Its name in Solidity; the word behind `check_` is the claim that it is a part of. */
  readonly check: string;
  /** What it has proven if it passes. */
  readonly says: string;
  /** For which sizes that holds. */
  readonly bound: string;
}

const members = 'ECDSA, 3 members, at most 4 signatures';
const anyCall = 'any storage, any call: bytes of 0, 65, 1,024; at most 2 siblings';

/** Every property, as docs/formal.md lists them. */
export const properties: readonly Property[] = [
  {
    check: 'check_quorum_rootNeedsTwoThirds',
    says: 'a root is in only where members of more than 2/3 of the weight signed it',
    bound: members,
  },
  {
    check: 'check_quorum_noRootPastTheVerifier',
    says: 'no function writes a root that the verifier has not taken',
    bound: anyCall,
  },
  {
    check: 'check_root_isNeverOverwritten',
    says: 'no function changes a root that is in',
    bound: anyCall,
  },
  {
    check: 'check_root_settledReportStays',
    says: 'no function changes what a task was settled with',
    bound: anyCall,
  },
  {
    check: 'check_batch_ofNothingElse',
    says: 'a certificate lets in its own chain, hub, epoch, sequence, root and count only',
    bound: 'any values; 2 hubs; 1 snapshot',
  },
  {
    check: 'check_batch_digestIsAsDocumented',
    says: 'what is signed holds set and policies too, as EIP-712 has it',
    bound: 'any values',
  },
  {
    check: 'check_batch_ofNoEpochThatIsOver',
    says: 'only the running epoch and the one before it, for its grace, take batches',
    bound: '3 epochs, any times before the year 2106',
  },
  {
    check: 'check_batch_underItsOwnSnapshot',
    says: 'a certificate is checked against the set of its epoch',
    bound: '2 epochs, any sets',
  },
  {
    check: 'check_batch_onlyTheRegistryStartsEpochs',
    says: 'no other account starts an epoch',
    bound: 'any account and epoch',
  },
  {
    check: 'check_signer_countsOnce',
    says: 'the signed weight counts each member that signed once at most',
    bound: members,
  },
  {
    check: 'check_signer_countsOnceInBls',
    says: 'the signed weight is that of all keyed members without the non-signers',
    bound: 'BLS, 3 members, at most 2 non-signers; curve modelled',
  },
  {
    check: 'check_weight_signedIsAtMostTotal',
    says: 'the signed weight is never more than the total',
    bound: members,
  },
  {
    check: 'check_weight_snapshotKeepsWeights',
    says: 'a snapshot gives back the weights written into it, and their sum',
    bound: '3 members, any weights',
  },
  {
    check: 'check_weight_isWhatIsStaked',
    says: 'an epoch weighs each member by its stake, which the registry holds',
    bound: '2 members, any stakes',
  },
];

/** The claim that a check is a part of. */
export function claimOf(check: string): Claim {
  const claim = check.split('_')[1] ?? '';
  if (!(claim in claims)) throw new Error(`${check}: no claim is named ${claim}; see test/formal/properties.ts`);
  return claim as Claim;
}
