/** Settings of the consensus aggregator. */
import { limits } from '@assay/protocol/limits';
import { tuning } from '@assay/protocol/tuning';
import { address, chainSettings, finality, serviceSettings } from '@assay/runtime/service/settings';
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
  TRANSMITTER_SIGNER_URL: z
    .url()
    .optional()
    .describe('URL of a remote signer (Web3Signer API) that holds this key instead'),
  TRANSMITTER_ADDRESS: address('account whose key the remote signer holds').optional(),
  AGGREGATOR_INDEX: z.coerce.number().int().min(0).max(127).default(0).describe('Index of this aggregator, from 0'),
  AGGREGATOR_COUNT: z.coerce.number().int().min(1).max(128).default(1).describe('Number of aggregators'),
  BATCH_REPORTS_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(limits.batchReportsMax)
    .default(256)
    .describe('Most reports in a batch'),
  BATCH_WAIT_MS: milliseconds.default(500).describe('How long a report waits for others to share its batch'),
  BATCHES_AHEAD_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(4)
    .describe(
      'Certified batches for each aggregator that may wait for the chain; at this number, reports wait and batches grow',
    ),
  TURN_DELTA_MS: milliseconds
    .default(3000)
    .describe('How long each aggregator waits for the one before it to post; choose more than two block times'),
  CONFIRMATIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe('Blocks, including its own, after which a batch counts as posted'),
  FINALITY: finality(
    'How long a batch is watched for reorganisations: until the chain\'s "finalized" block, or a number of blocks',
  ),
  RECORD_EVENTS_DIR: z
    .string()
    .min(1)
    .optional()
    .describe('Folder for a recording of all events, for "assay replay"; without it, nothing is recorded'),
  RECORD_EVENTS_BYTES_MAX: z.coerce
    .number()
    .int()
    .min(1)
    .default(1024 ** 3)
    .describe('Most bytes of a recording; after that, nothing more is recorded'),
  FEE_CAP_GWEI: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('Highest price for a unit of gas, however long a transaction is stuck'),
} as const;
