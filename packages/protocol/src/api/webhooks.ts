/** Webhooks: addresses that the gateway tells when a task is decided, and the schemas of what is exchanged. */
import { z } from 'zod';
import { digestSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';

/** The id of a webhook: chosen by the gateway. */
export const webhookIdSchema = z.string().regex(/^[0-9a-f]{16}$/, 'must be 16 lower-case hexadecimal digits');

const urlSchema = z
  .url({ protocol: /^https?$/, error: 'must be an https URL' })
  .max(limits.webhookUrlCharsMax)
  .refine((text) => URL.parse(text)?.username === '' && URL.parse(text)?.password === '', {
    error: 'must have no user or password',
  });

/** Body of `POST /v1/webhooks`. */
export const webhookRequestSchema = z.strictObject({ url: urlSchema });

/** A webhook of an API key, without its secret. `createdAtMs`: milliseconds since 1970; earlier tasks are not told of. */
export const webhookSchema = z.strictObject({
  id: webhookIdSchema,
  url: urlSchema,
  createdAtMs: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
});

/** See {@link webhookSchema}. */
export type Webhook = z.infer<typeof webhookSchema>;

/** Answer of `POST /v1/webhooks`. The secret, `whsec_` and base64, is in this answer alone. */
export const issuedWebhookSchema = z.strictObject({ webhook: webhookSchema, secret: z.string() });

/** See {@link issuedWebhookSchema}. */
export type IssuedWebhook = z.infer<typeof issuedWebhookSchema>;

/** Answer of `GET /v1/webhooks`: those of the caller's key. */
export const webhooksAnswerSchema = z.strictObject({ webhooks: z.array(webhookSchema).max(limits.webhooksOfKeyMax) });

/** What a webhook is sent, as https://www.standardwebhooks.com has it. Prove the report before anything rests on it. */
export const webhookEventSchema = z.object({
  type: z.literal('task.certified'),
  /** When the report was published, ISO 8601. */
  timestamp: z.iso.datetime(),
  data: z.object({
    taskId: digestSchema,
    reference: z.string(),
    policy: z.string(),
    /** In submission order. */
    verdicts: z.array(z.enum(['accept', 'reject', 'abstain'])),
    transaction: digestSchema,
  }),
});

/** See {@link webhookEventSchema}. */
export type WebhookEvent = z.infer<typeof webhookEventSchema>;
