/**
 * A checksum verifier whose check also waits for a fixed time. Replicas then do not compete for one machine's
 * processors, so the bench shows whether the network itself scales. Only for `assay bench scale`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { checksumCheck } from '@assay/checks/checksum/checksum-check';
import { runValidator } from '@assay/composition/run-validator';
import { validatorSettings } from '@assay/runtime/service/settings';
import { z } from 'zod';

const settings = {
  ...validatorSettings,
  CHECK_MS: z.coerce.number().min(0).max(60_000).describe('What the check takes, milliseconds'),
} as const;

await runValidator({
  role: 'checksum',
  settings,
  environment: process.env,
  check: ({ settings: { CHECK_MS }, view }) => ({
    check: async (input) => {
      await pause(CHECK_MS);
      return checksumCheck({ ...input, domain: view.network });
    },
  }),
});
