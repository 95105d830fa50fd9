/** Settings of the gateway. */
import { limits } from '@assay/protocol/limits';
import { address, chainSettings, portSetting, serviceSettings } from '@assay/runtime/service/settings';
import { z } from 'zod';

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
    .default(limits.requestsPerMinuteMax)
    .describe('Requests that one client address may make in a minute'),
  WAITING_CLIENTS_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(5_000)
    .describe('Clients that may wait at once for reports, and as many for session messages; more are answered 503'),
  ORACLE_ADDRESS: address('oracle key participant')
    .optional()
    .describe('Address of the oracle key participant, told to clients that open sessions'),
} as const;
