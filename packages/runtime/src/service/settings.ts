/**
 * Settings of a service: environment variables, checked at start. Signed values (policies, validator set) are never
 * settings.
 */
import { issueText } from '@assay/protocol/encoding/issue-text';
import { errorText } from '@assay/protocol/error-text';
import { limits } from '@assay/protocol/limits';
import { z } from 'zod';

/** A wrong setting: one line that names the variable. Exit code 2. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const hourMs = 3_600_000;
const port = z.coerce.number().int().min(0).max(65_535);

/** Settings that every service has. */
export const serviceSettings = {
  NATS_URL: z.string().min(1).describe('NATS server, as nats://host:port; several with commas'),
  NATS_USER: z.string().min(1).optional().describe('NATS user; by default the one that the bus permissions name'),
  NATS_PASSWORD_FILE: z.string().min(1).optional().describe('File with the NATS password; without it, no log-in'),
  NATS_CA_FILE: z.string().min(1).optional().describe('File with the CA certificates for NATS; switches TLS on'),
  NATS_PROVISION: z
    .enum(['true', 'false'])
    .default('true')
    .describe('false: "assay provision" creates streams and consumers, and this service has no right to'),
  REDIS_URL: z.string().min(1).optional().describe('Redis server, as redis://host:port; without it, there is no cache'),
  REDIS_USER: z
    .string()
    .min(1)
    .optional()
    .describe('Redis user; by default gateway, aggregator, participant or validator'),
  REDIS_PASSWORD_FILE: z.string().min(1).optional().describe('File with the Redis password; without it, no log-in'),
  CONTENT_STORE: z
    .enum(['nats', 'kubo', 'module'])
    .default('nats')
    .describe('Content store: nats (JetStream), kubo (an IPFS node) or module (CONTENT_STORE_MODULE)'),
  KUBO_RPC_URL: z.url().optional().describe('RPC of the Kubo node, as http://host:5001; for CONTENT_STORE=kubo'),
  CONTENT_STORE_MODULE: z
    .string()
    .min(1)
    .optional()
    .describe('Module that opens a content store, such as optional/helia-content-store; for CONTENT_STORE=module'),
  HEALTH_HOST: z.string().min(1).default('127.0.0.1').describe('Address that /healthz, /readyz and /metrics listen on'),
  HEALTH_PORT: port.default(0).describe('Port of these; 0: any free one'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional().describe('OTLP/HTTP receiver of traces; without it, none are sent'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Lowest level that is logged'),
  INSTANCE: z.string().min(1).max(64).default('0').describe('Name of this replica in logs, spans and metrics'),
} as const;

/** Settings of a service that uses the chain. */
export const chainSettings = {
  CHAIN_RPC_URL: z
    .string()
    .refine((urls) => urls.split(',').every((url) => URL.canParse(url.trim())), {
      error: 'must be a URL, or several with commas between',
    })
    .describe('JSON-RPC endpoint of the EVM chain; several with commas'),
  HUB_ADDRESS: address('AssayHub contract'),
  REGISTRY_ADDRESS: address('ValidatorRegistry contract'),
  KEYSTORE_ADDRESS: address('SessionKeystore contract'),
  POLICIES_FILE: z
    .string()
    .min(1)
    .describe('Policy file (JSON) or a folder of them; one must have the digest that is on chain'),
} as const;

/** Settings of a validator. */
export const validatorSettings = {
  ...serviceSettings,
  ...chainSettings,
  OPERATOR_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File of mode 0600 with the operator key: 0x and 64 hex digits, or encrypted (Web3 Secret Storage 3)'),
  OPERATOR_KEY_PASSWORD_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File with the password of an encrypted operator key'),
  OPERATOR_SIGNER_URL: z
    .url()
    .optional()
    .describe('URL of a remote signer (Web3Signer API) that holds the operator key instead'),
  OPERATOR_ADDRESS: address('operator whose key the remote signer holds').optional(),
  SIGNING_JOURNAL: z
    .string()
    .refine((place) => URL.canParse(place) && /^(file|nats|tls):/.test(place), {
      error: 'must be file:///folder or nats://host:4222',
    })
    .describe('URL of the operator\'s signing journal, created by "assay journal create"'),
  SIGNING_JOURNAL_USER: z.string().min(1).default('signing-journal').describe('User of a journal in NATS'),
  SIGNING_JOURNAL_PASSWORD_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File with the password of a journal in NATS; without it, no log-in'),
  SIGNING_JOURNAL_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File with the CA certificates for a journal in NATS; switches TLS on'),
  ORACLE_ADDRESS: address('oracle key participant')
    .optional()
    .describe('Address of the oracle-key-participant; without it, sealed tasks cannot be judged'),
  FINALITY: finality(
    'When the operator takes the old epoch\'s batches for final: the chain\'s "finalized" block, or a number of blocks',
  ),
  CONCURRENCY: z.coerce.number().int().min(1).max(256).default(4).describe('Tasks that this replica checks at once'),
} as const;

/** How long content is kept, in hours: not longer than the streams keep what names it. */
export const contentAgeSetting = z.coerce
  .number()
  .int()
  .min(1)
  .max(limits.streamAgeMsMax / hourMs);

/** A port number that a server listens on. */
export const portSetting = port;

/** When a block counts as final. */
export function finality(description: string) {
  return z
    .union([z.literal('finalized'), z.coerce.number().int().min(1).max(100_000)])
    .default('finalized')
    .describe(description);
}

/** An EVM address, accepted in any case and stored in lower case. */
export function address(owner: string) {
  return z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/, 'must be 0x and 40 hexadecimal digits')
    .transform((text) => text.toLowerCase() as `0x${string}`)
    .describe(`Address of the ${owner}`);
}

/** Loads what a setting names, such as a file. Throws {@link SettingsError} with the setting's name if that fails. */
export function fromSetting<T>(name: string, get: () => T): T {
  try {
    return get();
  } catch (cause) {
    throw new SettingsError(`${name}: ${errorText(cause)}`, { cause });
  }
}

/** The same, asynchronously. */
export async function fromSettingLater<T>(name: string, get: () => Promise<T>): Promise<T> {
  try {
    return await get();
  } catch (cause) {
    throw new SettingsError(`${name}: ${errorText(cause)}`, { cause });
  }
}

/** The values of some settings. */
export type SettingsOf<S extends z.ZodRawShape> = z.infer<z.ZodObject<S>>;

/** Reads settings from an environment. Throws {@link SettingsError} with every wrong variable in one line. */
export function readSettings<S extends z.ZodRawShape>(
  shape: S,
  environment: Readonly<Record<string, string | undefined>>,
): z.infer<z.ZodObject<S>> {
  const given = Object.fromEntries(
    Object.keys(shape)
      .filter((name) => environment[name] !== undefined && environment[name] !== '')
      .map((name) => [name, environment[name]]),
  );
  const parsed = z.object(shape).safeParse(given, { error: issueText });
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const reason = name in given ? issue.message : 'is not set';
    const purpose = (shape[name] as z.ZodType | undefined)?.description;
    return `${name} ${reason}${purpose ? ` (${purpose})` : ''}`;
  });
  throw new SettingsError(`wrong settings: ${lines.join('; ')}`);
}
