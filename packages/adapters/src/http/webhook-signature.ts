/** Signatures of webhooks: HMAC-SHA256 as https://www.standardwebhooks.com has it. */
import { Webhook } from 'standardwebhooks';

/**
 * The headers of an event under a secret (`whsec_` and base64): its id, which is the same for every attempt, the time of
 * this one, in milliseconds since 1970, and the signature over both and the body.
 */
export function signedWebhookHeaders(secret: string, id: string, nowMs: number, body: string): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(nowMs / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, new Date(nowMs), body),
  };
}
