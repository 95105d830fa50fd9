/** Settings of the gateway. */
import { isIP } from 'node:net';
import { tuning } from '@assay/protocol/tuning';
import {
  address,
  chainSettings,
  contentAgeSetting,
  portSetting,
  serviceSettings,
} from '@assay/runtime/service/settings';
import { z } from 'zod';

/** An IP address, or one with the length of a prefix. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

/** Networks, separated by commas; none by default. */
function networkList() {
  return z
    .string()
    .default('')
    .transform((list) => list.split(',').flatMap((one) => (one.trim() === '' ? [] : [one.trim()])))
    .refine((list) => list.every(isNetwork), { error: 'must be addresses or CIDRs, separated by commas' });
}

export const settings = {
  ...serviceSettings,
  ...chainSettings,
  HTTP_HOST: z.string().min(1).default('127.0.0.1').describe('Address that the API listens on'),
  HTTP_PORT: portSetting.default(0).describe('Port of the API; 0: any free one'),
  REQUESTS_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(tuning.requestsPerMinuteMax)
    .describe('Requests that one client address may make in a minute'),
  CONTENT_BYTES_PER_HOUR: z.coerce
    .number()
    .int()
    .min(tuning.requestBytesMax)
    .max(Number.MAX_SAFE_INTEGER)
    .default(tuning.contentBytesPerHourMax)
    .describe('Bytes of content that one client address may store in an hour'),
  CONTENT_AGE_HOURS: contentAgeSetting
    .optional()
    .describe(
      'Hours after which content is deleted; needed for kubo and module, and with nats where NATS_PROVISION is true; 24 if absent',
    ),
  TRUST_PROXY: networkList().describe(
    "Proxies (addresses or CIDRs) whose X-Forwarded-For names the client; without any, the connection's address counts",
  ),
  WAITING_CLIENTS_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(5_000)
    .describe('Clients that may wait at once for reports, and as many for session messages; more are answered 503'),
  API_KEYS: z
    .enum(['off', 'required'])
    .default('off')
    .describe('required: requests need an API key with the scope of the route; off: everyone may use the API'),
  API_KEYS_SECRET_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File with a secret of at least 32 characters that all gateways share; it authenticates the records of keys',
    ),
  WEBHOOKS: z
    .enum(['on', 'off'])
    .default('off')
    .describe('on: holders of API keys may have addresses that are told when their tasks are certified'),
  WEBHOOK_NETWORKS: networkList().describe(
    'Networks (addresses or CIDRs) that webhooks may be in although they are not public, also without TLS',
  ),
  ADMIN_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File with a key of at least 32 characters that has every scope, for creating the first API keys'),
  SEALER_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File of mode 0600 with the key that seals questions, plain or encrypted, the same for all gateways; without it, questions are refused',
    ),
  SEALER_KEY_PASSWORD_FILE: z.string().min(1).optional().describe('File with the password of that key'),
  SEALER_SIGNER_URL: z.url().optional().describe('URL of a remote signer (Web3Signer API) that holds this key instead'),
  SEALER_ADDRESS: address('account whose key the remote signer holds').optional(),
  EXPLORER: z
    .enum(['on', 'off'])
    .default('off')
    .describe('Serve the explorer: every task and all public content, to everyone who reaches the gateway'),
  EXPLORER_RPC_URL: z
    .url()
    .optional()
    .describe(
      'JSON-RPC endpoint that the explorer suggests to browsers for proofs; everyone sees it, so it must not contain a key',
    ),
  ORACLE_ADDRESS: address('oracle key participant')
    .optional()
    .describe('Address of the oracle-key-participant, which clients need to open sessions'),
} as const;
