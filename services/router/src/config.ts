/** Settings of the Router. */
import { address, chainSettings, portSetting, serviceSettings } from '@assay/runtime/service/settings';
import { z } from 'zod';

const count = (min: number, max: number, otherwise: number) =>
  z.coerce.number().int().min(min).max(max).default(otherwise);

export const settings = {
  HEALTH_HOST: serviceSettings.HEALTH_HOST,
  HEALTH_PORT: serviceSettings.HEALTH_PORT,
  OTEL_EXPORTER_OTLP_ENDPOINT: serviceSettings.OTEL_EXPORTER_OTLP_ENDPOINT,
  LOG_LEVEL: serviceSettings.LOG_LEVEL,
  INSTANCE: serviceSettings.INSTANCE,
  NATS_URL: z
    .string()
    .min(1)
    .optional()
    .describe('NATS server for the records of the audit log; several with commas; without it the Router writes none'),
  NATS_USER: serviceSettings.NATS_USER,
  NATS_PASSWORD_FILE: serviceSettings.NATS_PASSWORD_FILE,
  NATS_CA_FILE: serviceSettings.NATS_CA_FILE,
  CHAIN_RPC_URL: z.url().describe('JSON-RPC endpoint of the EVM chain that reports are proven against'),
  HUB_ADDRESS: chainSettings.HUB_ADDRESS,
  REGISTRY_ADDRESS: chainSettings.REGISTRY_ADDRESS,
  KEYSTORE_ADDRESS: chainSettings.KEYSTORE_ADDRESS,
  GATEWAY_URL: z.url().describe('Gateway to which tasks are submitted, as http://host:port'),
  MINERS_FILE: z.string().min(1).describe('File with the registered miner endpoints (JSON)'),
  POLICY: z.string().min(1).max(64).default('standard').describe('Policy that answers are judged by'),
  INPUT_FILTER: z
    .enum(['off', 'log', 'warn', 'block'])
    .default('off')
    .describe('What happens to prompts that try to steer the model: noted, noted with a header, or refused'),
  HTTP_HOST: z.string().min(1).default('127.0.0.1').describe('Address that the API listens on'),
  PUBLIC_URL: z
    .url()
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe('Public URL of the Router for its A2A agent card; by default the address of the request'),
  HTTP_PORT: portSetting.default(0).describe('Port of the API; 0: any free one'),
  API_KEYS: z
    .enum(['off', 'required'])
    .default('off')
    .describe(
      'required: callers need an API key of the gateway with the scopes submit and read; off: everyone may ask',
    ),
  PAYMENTS_ADDRESS: address('VerdictPayments contract; without it, answers need no payment').optional(),
  PAYMENT_AMOUNT: z
    .string()
    .regex(/^[1-9]\d{0,27}$/, 'must be a whole number above 0')
    .transform(BigInt)
    .optional()
    .describe("Price of an answer, in the smallest unit of the contract's token"),
  PAYMENT_FEE_BASIS_POINTS: count(0, 10_000, 0).describe("Operators' share of each payment, in ten-thousandths"),
  PAYMENT_FEE_RECEIVER: address("account that gets the operators' share").optional(),
  TRANSMITTER_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File of mode 0600 with the key that collects payments and pays their gas'),
  TRANSMITTER_KEY_PASSWORD_FILE: z.string().min(1).optional().describe('File with the password of that key'),
  TRANSMITTER_SIGNER_URL: z
    .url()
    .optional()
    .describe('URL of a remote signer (Web3Signer API) that holds that key instead'),
  TRANSMITTER_ADDRESS: address('account whose key the remote signer holds').optional(),
  STANDING_FILE: z
    .string()
    .min(1)
    .optional()
    .describe("File for the miners' records, used by this Router alone; without it, they end with the process"),
  USAGE_FOLDER: z
    .string()
    .min(1)
    .optional()
    .describe('Folder for the usage of each API key, used by this Router alone; without it, usage is not recorded'),
  MINERS_ASKED: count(1, 32, 3).describe('Number of miners whose answers a task has'),
  ANSWER_TIMEOUT_MS: count(100, 600_000, 60_000).describe('Longest time that miners have to answer'),
  HEDGE_AFTER_MS: count(10, 600_000, 10_000).describe(
    'Time after which another miner is asked in addition to a slow one',
  ),
  VERDICT_TIMEOUT_MS: count(1_000, 600_000, 120_000).describe('Longest time that a request waits for its verdict'),
  REQUESTS_AT_ONCE_MAX: count(1, 100_000, 256).describe('Requests under way at once; more are answered 503'),
  REQUESTS_PER_MINUTE: count(1, 1_000_000, 600).describe('Requests that one client address may make in a minute'),
} as const;
