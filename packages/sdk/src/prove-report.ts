/** Proves a certified report against the chain, without trusting its source. */

import type { Network } from '@assay/protocol/network/validator-set';
import type { Policy } from '@assay/protocol/policy/policy';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { type CertifiedReport, checkCertifiedReport, reportFieldsOf } from '@assay/protocol/report/certified-report';
import type { ChainReader } from './chain-reader.ts';

/** The proven facts, step by step. */
export interface ReportProof {
  /** Validator set and config digest that the chain states for the report's epoch. */
  readonly network: Network;
  /** The batch on chain that holds the report. */
  readonly root: string;
}

/** The steps of a proof, in their order: see {@link proveReport}. */
export const proofSteps = ['network', 'report', 'root', 'inclusion'] as const;
export type ProofStep = (typeof proofSteps)[number];

/**
 * Proves that (1) the chain's validator set signed the observations, (2) the verdicts follow from them, (3) the report
 * is under the root, (4) the hub holds that root at (epoch, sequence), and (5) the hub itself finds the report in it.
 * Refused with the failing step; rejects if the chain does not respond. `onStep` is called for each step that holds:
 * `network` and `report` are (1) to (3).
 */
export async function proveReport(
  chain: ChainReader,
  policies: readonly Policy[],
  certified: CertifiedReport,
  onStep: (step: ProofStep) => void = () => undefined,
): Promise<Checked<ReportProof>> {
  const network = await chain.readNetwork(certified.epoch);
  if (network.chainId !== certified.chainId || network.hub !== certified.hub) {
    return refused(
      'wrong-chain',
      `The report is of hub ${certified.hub} on chain ${certified.chainId}, not of ${network.hub} on ${network.chainId}.`,
    );
  }
  onStep('network');
  const checked = checkCertifiedReport(network, policies, certified);
  if (!checked.ok) return checked;
  onStep('report');
  const root = await chain.readRoot(certified.epoch, certified.sequence);
  if (root === undefined)
    return refused('not-posted', `The hub has no batch ${certified.sequence} in epoch ${certified.epoch}.`);
  if (root !== certified.root)
    return refused('other-root-on-chain', `The hub holds root ${root}, the report says ${certified.root}.`);
  onStep('root');
  const proven = await chain.verifyReport(
    certified.epoch,
    certified.sequence,
    reportFieldsOf(certified),
    certified.proof,
  );
  if (!proven) return refused('not-proven', 'The hub does not find the report in its batch.');
  onStep('inclusion');
  return accepted({ network, root });
}
