/** The operations on API keys and their webhooks. */
import { keyIdSchema } from '@assay/protocol/api/api-keys';
import { limits } from '@assay/protocol/limits';
import { paths } from '../api.ts';
import { malformed, type Operation } from './schemas.ts';

const noKeys = 'This gateway asks for no API keys: `not-found`.';
const noKey = 'There is no valid key of that id, or the gateway asks for none: `not-found`.';
const noWebhooks = 'This gateway has no webhooks, or asks for no API keys: `not-found`.';

/** What needs an API key, and manages keys. */
export const keyOperations: readonly Operation[] = [
  {
    method: 'GET',
    path: paths.ownKey,
    operationId: 'readOwnKey',
    needs: 'key',
    summary: 'Reads the API key of the request, without its secret.',
    answer: { status: 200, schema: 'ApiKey', description: 'The key.' },
    refusals: { 404: noKeys },
  },
  {
    method: 'GET',
    path: paths.webhooks,
    operationId: 'listWebhooks',
    needs: 'submit',
    summary: 'Lists the webhooks of the request’s API key.',
    answer: { status: 200, schema: 'WebhooksAnswer', description: 'The webhooks, without their secrets.' },
    refusals: { 404: noWebhooks },
  },
  {
    method: 'POST',
    path: paths.webhooks,
    operationId: 'createWebhook',
    needs: 'submit',
    summary: 'Creates a webhook: an address that is told when a task of this API key is certified.',
    body: 'WebhookRequest',
    answer: {
      status: 201,
      schema: 'IssuedWebhook',
      description: 'The webhook and its secret, which is shown only once.',
    },
    refusals: {
      400: malformed,
      404: noWebhooks,
      409: 'The key has its maximum number of webhooks: `too-many-webhooks`.',
      503: 'Another gateway has just changed them: `keys-unavailable`.',
    },
  },
  {
    method: 'DELETE',
    path: paths.webhook,
    operationId: 'deleteWebhook',
    needs: 'submit',
    summary: 'Deletes a webhook of the request’s API key.',
    answer: { status: 200, schema: 'Webhook', description: 'The webhook, which is told nothing more.' },
    refusals: { 400: malformed, 404: 'There is no such webhook, or this gateway has none: `not-found`.' },
  },
  {
    method: 'GET',
    path: paths.keys,
    operationId: 'listKeys',
    needs: 'admin',
    summary: 'Lists the API keys, without their secrets.',
    query: {
      limit: { description: 'How many keys; 0: 50.', maximum: limits.keysListedMax },
      after: { description: 'Only keys after this id.', of: keyIdSchema },
    },
    answer: { status: 200, schema: 'KeysAnswer', description: 'The keys; `after` asks for the next page.' },
    refusals: { 400: malformed, 404: noKeys },
  },
  {
    method: 'POST',
    path: paths.keys,
    operationId: 'createKey',
    needs: 'admin',
    summary: 'Creates an API key.',
    body: 'KeyRequest',
    answer: { status: 201, schema: 'IssuedKey', description: 'The key and its token, which is shown only once.' },
    refusals: { 400: malformed, 404: noKeys, 409: 'There are already as many keys as allowed: `too-many-keys`.' },
  },
  {
    method: 'POST',
    path: paths.keyRotation,
    operationId: 'rotateKey',
    needs: 'admin',
    summary: 'Gives an API key another token.',
    body: 'KeyRotation',
    answer: { status: 200, schema: 'IssuedKey', description: 'The key and its new token, which is shown only once.' },
    refusals: { 400: malformed, 404: noKey },
  },
  {
    method: 'POST',
    path: paths.keyRevocation,
    operationId: 'revokeKey',
    needs: 'admin',
    summary: 'Revokes an API key at all gateways, for good.',
    answer: { status: 200, schema: 'ApiKey', description: 'The revoked key.' },
    refusals: { 400: malformed, 404: noKey },
  },
];
