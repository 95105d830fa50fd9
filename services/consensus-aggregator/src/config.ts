/** Settings of the consensus aggregator. */
import { limits } from '@assay/protocol/limits';
import { tuning } from '@assay/protocol/tuning';
import { address, chainSettings, serviceSettings } from '@assay/runtime/service/settings';
import { z } from 'zod';

const milliseconds = z.coerce.number().int().min(1).max(tuning.batchWaitMsMax);

export const settings = {
  ...serviceSettings,
  ...chainSettings,
  TRANSMITTER_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File of mode 0600 with the key of the account that pays for posting, plain or encrypted'),
  TRANSMITTER_KEY_PASSWORD_FILE: z.string().min(1).optional().describe('File with the password of that key'),
  TRANSMITTER_SIGNER_URL: z.url().optional().describe('Signer that holds this key instead, with the API of Web3Signer'),
  TRANSMITTER_ADDRESS: address('account whose key the signer holds').optional(),
  AGGREGATOR_INDEX: z.coerce
    .number()
    .int()
    .min(0)
    .max(127)
    .default(0)
    .describe('Place of this aggregator among all, from 0'),
  AGGREGATOR_COUNT: z.coerce.number().int().min(1).max(128).default(1).describe('How many aggregators there are'),
  BATCH_REPORTS_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(limits.batchReportsMax)
    .default(256)
    .describe('Most reports of one batch'),
  BATCH_WAIT_MS: milliseconds.default(500).describe('How long a report waits for others to share its batch'),
  BATCHES_AHEAD_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(4)
    .describe(
      'Certified batches for each aggregator that queue for the chain, beyond which reports wait and batches grow',
    ),
  TURN_DELTA_MS: milliseconds
    .default(3000)
    .describe('How long each next aggregator waits for the one before it: more than two blocks of the chain'),
  CONFIRMATIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe('Blocks, its own included, until a batch counts as in'),
  FINALITY: z
    .union([z.literal('finalized'), z.coerce.number().int().min(1).max(100_000)])
    .default('finalized')
    .describe('Until when a batch is watched for reorganisations: "finalized" as the chain says, or so many blocks'),
  RECORD_EVENTS_DIR: z
    .string()
    .min(1)
    .optional()
    .describe('Folder for a recording of all events, for "assay replay"; without it nothing is recorded'),
  RECORD_EVENTS_BYTES_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .default(1024 ** 3)
    .describe('Bytes of a recording; when they are used up nothing more is recorded'),
  FEE_CAP_GWEI: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('Most that is paid for a unit of gas, however long a transaction is stuck'),
} as const;
