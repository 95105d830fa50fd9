/** The routes that manage the webhooks of the caller's API key. */
import { webhookIdSchema, webhookRequestSchema } from '@assay/protocol/api/webhooks';
import { checkShape } from '@assay/protocol/encoding/decode';
import { keysAreOff } from '../access/key-answers.ts';
import { type ApiRequest, type ApiResponse, paths, refuse } from '../api.ts';
import { actOf, recorded } from '../audited.ts';
import type { Gateway } from '../gateway.ts';

/** POST /v1/webhooks: a new webhook of the caller's key. The answer has its secret, which is nowhere else. */
export async function createWebhook(gateway: Gateway, request: ApiRequest): Promise<ApiResponse> {
  const { hooks } = gateway;
  const { key } = request;
  if (key === undefined) return keysAreOff();
  if (hooks === undefined) return webhooksAreOff();
  const wanted = checkShape(webhookRequestSchema, request.body);
  if (!wanted.ok) return refuse(wanted.refusal);
  const { isAdmin: _, ...act } = actOf(request, request, { method: 'POST', path: paths.webhooks, isAdmin: true });
  return recorded(gateway, act, async () => {
    const created = await hooks.create(key.id, wanted.value.url);
    if (!created.ok) return refuse(created.refusal);
    return { status: 201, body: created.value, headers: { 'cache-control': 'no-store' } };
  });
}

/** GET /v1/webhooks: those of the caller's key, without their secrets. */
export async function listWebhooks({ hooks }: Gateway, { key }: ApiRequest): Promise<ApiResponse> {
  if (key === undefined) return keysAreOff();
  return hooks === undefined ? webhooksAreOff() : { status: 200, body: { webhooks: hooks.of(key.id) } };
}

/** DELETE /v1/webhooks/:webhookId: it is told nothing more. */
export async function deleteWebhook(gateway: Gateway, request: ApiRequest): Promise<ApiResponse> {
  const { hooks } = gateway;
  const { key } = request;
  if (key === undefined) return keysAreOff();
  if (hooks === undefined) return webhooksAreOff();
  const id = checkShape(webhookIdSchema, request.params.webhookId, 'webhookId');
  if (!id.ok) return refuse(id.refusal);
  const removed = await hooks.remove(key.id, id.value);
  return removed.ok ? { status: 200, body: removed.value } : refuse(removed.refusal);
}

function webhooksAreOff(): ApiResponse {
  return refuse({ code: 'not-found', detail: 'This gateway has no webhooks. Its operator can set WEBHOOKS=on.' });
}
