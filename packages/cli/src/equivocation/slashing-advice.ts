/** Advice for each refusal of the slashing contract. */
import type { SlashingCase } from '@assay/adapters/evm/slashing';

const wrongFit =
  'The contract refuses the format of this evidence: check that --hub and --slashing are of this release, and on this chain.';

const advice: Readonly<Record<string, string>> = {
  CaseKnown: 'It has been reported already. When its dispute window is over, anybody can execute it with --execute.',
  CaseTooYoung: 'The dispute window is still open. Call again with --execute when it is over.',
  NothingAtStake: 'The operator has no stake left. Remove it from the network: docs/incidents.md, An operator’s key.',
  NotAMember: 'The operator is not in the set of that epoch at this registry. Check --rpc, --hub and --registry.',
  UnknownEpoch: 'The registry knows no such epoch. Check --rpc and --registry.',
  EpochUnknown: 'The hub knows no such epoch. Check --rpc and --hub.',
  WrongVoteRule: 'The epoch had other policies. Give --policies the file of that epoch.',
  NotOneSigner: wrongFit,
  NoEquivocation: wrongFit,
  MalformedEvidence: wrongFit,
};

/** Advice for a refusal, by the name of the contract's error and the state of the case. */
export function adviceOn(code: string, standing: SlashingCase['standing']): string {
  if (standing === 'executed' || standing === 'dismissed')
    return `The case was already ${standing}: there is only one case for an operator, epoch, task and role.`;
  return advice[code] ?? 'Check --slashing, and that the contracts and this program are from the same release.';
}
