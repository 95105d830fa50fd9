/** Asks a gateway what operators state behind their observations. */
import type { Evidence } from '@assay/protocol/observation/evidence';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { type GatewayClient, GatewayError } from '@assay/sdk/gateway-client';

/** Not checked yet. None where the gateway does not show it. */
export async function statedEvidence(gateway: GatewayClient, { task }: CertifiedReport): Promise<readonly Evidence[]> {
  try {
    return (await gateway.explainTask(task.taskId, { evidence: true })).evidence ?? [];
  } catch (error) {
    if (error instanceof GatewayError) return [];
    throw error;
  }
}
