/** What a webhook is told, and the secret that its events are signed with. */
import { createHmac } from 'node:crypto';
import type { WebhookEvent } from '@assay/protocol/api/webhooks';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';

/** The secret of a webhook, `whsec_` and 32 bytes in base64: it follows from the gateways' secret, and is stored nowhere. */
export function webhookSecret(macKey: string, webhookId: string): string {
  return `whsec_${createHmac('sha256', macKey).update(`assay webhook v1\0${webhookId}`).digest('base64')}`;
}

/** The event of a report that was published at a time, in milliseconds since 1970. */
export function eventOf({ task, results, transaction }: CertifiedReport, publishedAtMs: number): WebhookEvent {
  return {
    type: 'task.certified',
    timestamp: new Date(publishedAtMs).toISOString(),
    data: {
      taskId: task.taskId,
      reference: task.reference,
      policy: task.policy,
      verdicts: results.map(({ verdict }) => verdict),
      transaction: transaction.hash,
    },
  };
}
