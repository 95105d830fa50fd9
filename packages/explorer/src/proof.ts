/** The proof of a report's text. The gateway's word counts for nothing in it but where to look. */

import { decodeMessage } from '@assay/protocol/encoding/decode';
import { errorText } from '@assay/protocol/error-text';
import { certifiedReportSchema } from '@assay/protocol/report/certified-report';
import { ChainReader } from '@assay/sdk/chain-reader';
import type { NetworkInfo } from '@assay/sdk/gateway-client';
import { type ProofStep, proveReport } from '@assay/sdk/prove-report';

/** How far a proof came. `held`: the steps that hold, in their order. */
export type Outcome =
  | { readonly status: 'running' | 'proven'; readonly held: readonly ProofStep[] }
  | { readonly status: 'refused'; readonly held: readonly ProofStep[]; readonly reason: string };

export interface ProofInput {
  /** The certified report as JSON, as it came or as somebody changed it. */
  readonly text: string;
  readonly rpcUrl: string;
  /** Where the contracts are, and the policies. The chain states their digests. */
  readonly network: NetworkInfo;
}

/** Proves; `onStep` gets the steps that hold so far. Never rejects. */
export async function prove(
  { text, rpcUrl, network }: ProofInput,
  onStep: (held: readonly ProofStep[]) => void,
): Promise<Outcome> {
  let held: readonly ProofStep[] = [];
  const decoded = decodeMessage(certifiedReportSchema, new TextEncoder().encode(text));
  if (!decoded.ok) return { status: 'refused', held, reason: `${decoded.refusal.code}: ${decoded.refusal.detail}` };
  const { hub } = network.network;
  try {
    const chain = new ChainReader({ rpcUrl, hub, registry: network.registry, keystore: network.keystore });
    const proof = await proveReport(chain, network.policies, decoded.value, (step) => {
      held = [...held, step];
      onStep(held);
    });
    if (proof.ok) return { status: 'proven', held };
    return { status: 'refused', held, reason: `${proof.refusal.code}: ${proof.refusal.detail}` };
  } catch (error) {
    return { status: 'refused', held, reason: `The chain did not answer: ${errorText(error)}` };
  }
}
