/** Settings of the oracle key participant. */
import { chainSettings, serviceSettings } from '@assay/runtime/service/settings';
import { z } from 'zod';

export const settings = {
  ...serviceSettings,
  ...chainSettings,
  ORACLE_KEY_FILE: z
    .string()
    .min(1)
    .describe('File of mode 0600 with the signing key (secp256k1), 0x and 64 hex digits'),
  AGREEMENT_KEY_FILE: z
    .string()
    .min(1)
    .describe('File of mode 0600 with the agreement key (X25519), 0x and 64 hex digits'),
  KEY_ENCRYPTION_KEY_FILE: z
    .string()
    .min(1)
    .describe('File of mode 0600 with the key that wraps session states in Redis, 0x and 64 hex digits'),
  RECORD_SESSIONS: z
    .enum(['true', 'false'])
    .default('true')
    .describe("Record sessions in the keystore, from the signing key's account, which pays the gas: true or false"),
} as const;
