/** The page of all settings, made from the schemas that services read their environment with. */
import { existsSync, readdirSync } from 'node:fs';
import { z } from 'zod';
import { padded } from './markdown-table.ts';

const services = new URL('../../services/', import.meta.url);

interface Configured {
  readonly service: string;
  readonly settings: Readonly<Record<string, z.ZodType>>;
}

/** What a schema says of one variable, as the cells of its row. */
type Row = readonly [variable: string, what: string, otherwise: string, allowed: string, secret: string];

/** What Zod's JSON schemas have of a variable. */
interface Described {
  readonly description?: string;
  readonly default?: string | number | boolean;
  readonly enum?: readonly string[];
  readonly const?: string | number;
  readonly type?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly Described[];
}

const configured: readonly Configured[] = await Promise.all(
  readdirSync(services)
    .filter((service) => existsSync(new URL(`${service}/src/config.ts`, services)))
    .sort()
    .map(async (service) => {
      const { settings } = await import(new URL(`${service}/src/config.ts`, services).href);
      return { service, settings };
    }),
);

const head = `# Settings

Services read their settings from environment variables and check them at start. If a value is wrong, the service
exits with code 2 and one line that names the variable. An empty variable counts as not set. Policies and validator sets
are never settings: each epoch states them on chain.

A _secret file_ must have mode 0600, or 0440 if the system mounts it. A service's variable never holds a secret itself.
A URL that _may have a password_ or a key in it belongs in a Secret, too.

\`npm run manifests\` generates this page from the schemas. Change a setting in \`services/<service>/src/config.ts\`,
\`packages/runtime/src/service/settings.ts\` or \`packages/composition/src/vector-check.ts\`.
`;

/** What the command line reads of its own environment. */
const command: readonly Row[] = [
  ['ASSAY_API_KEY', 'Token of an API key, for a gateway or Router that asks for one', '', 'text', 'secret'],
  ['NATS_URL', 'NATS server that already runs, for commands that would start one', '', 'text', 'may have a password'],
  ['REDIS_URL', 'Redis server that already runs, likewise', '', 'text', 'may have a password'],
  ['CHAIN_RPC_URL', 'Fresh local chain that already runs, likewise', '', 'URL', ''],
  ['NATS_REPLICAS', 'Copies of each stream that "assay provision" makes', '1', '1 to 5', ''],
  [
    'CONTENT_AGE_HOURS',
    'Hours after which content is deleted, for "assay provision"; a new network: 24',
    '',
    '1 to 168',
    '',
  ],
  ['NATS_STORAGE', "What all streams together may use of NATS's disk, as 80GiB", '', 'size', ''],
  ['NO_COLOR', 'Any text: output without colours', '', 'text', ''],
];

const commandHead = `## The assay command

The command \`assay\` reads these itself. It also hands \`EMBEDDING_MODEL\`, \`MODEL_DIR\`, \`ALLOW_REMOTE_MODEL\`,
\`EMBEDDING_ENDPOINT_FILE\` and \`LANGUAGE_MODELS_FILE\` to the services that it starts.
`;

const columns = ['variable', 'meaning', 'default', 'allowed', 'secret'];

/** The text of \`docs/settings.md\`. */
export function settingsPage(): string {
  const sections = new Map<string, Row[]>();
  const users = new Map<string, { readonly row: Row; readonly services: string[] }>();
  for (const { service, settings } of configured) {
    for (const [name, schema] of Object.entries(settings)) {
      const row = rowOf(name, schema);
      const key = JSON.stringify(row);
      const known = users.get(key) ?? { row, services: [] };
      known.services.push(service);
      users.set(key, known);
    }
  }
  const sizes = new Map<string, number>();
  for (const { row, services: names } of users.values()) {
    const title = titleOf(names);
    sizes.set(title, names.length);
    sections.set(title, [...(sections.get(title) ?? []), row]);
  }
  const sizeOf = (title: string) => sizes.get(title) ?? 0;
  const bySize = [...sections].sort(([one], [other]) => sizeOf(other) - sizeOf(one) || (one < other ? -1 : 1));
  const own = command.map(([name, what, otherwise, ...rest]) => [code(name), what, code(otherwise), ...rest]);
  return [
    head,
    ...bySize.map(([title, rows]) => `## ${title}\n\n${padded([columns, ...rows])}`),
    `${commandHead}\n${padded([columns, ...own])}`,
  ].join('\n');
}

/** Names the services, or those that are missing where they are fewer. */
function titleOf(names: readonly string[]): string {
  const missing = configured.map(({ service }) => service).filter((service) => !names.includes(service));
  if (missing.length === 0) return 'Every service';
  return missing.length < names.length ? `Every service but ${missing.join(', ')}` : names.join(', ');
}

function rowOf(name: string, schema: z.ZodType): Row {
  const described = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Described;
  const isOptional = schema.safeParse(undefined).success;
  const otherwise =
    described.default === undefined ? (isOptional ? '' : '**required**') : code(String(described.default));
  const what = described.description ?? schema.description ?? '';
  return [code(name), what.replaceAll('|', '\\|'), otherwise, allowedOf(described, what), secretOf(name)];
}

function allowedOf(described: Described, what: string): string {
  if (described.anyOf !== undefined) return described.anyOf.map((one) => allowedOf(one, what)).join(' or ');
  if (described.const !== undefined) return code(String(described.const));
  if (described.enum !== undefined) return described.enum.map(code).join(', ');
  if (described.type === 'integer' || described.type === 'number')
    return `${described.minimum ?? ''} to ${described.maximum === Number.MAX_SAFE_INTEGER ? 'any' : (described.maximum ?? 'any')}`;
  if (described.format === 'uri') return 'URL';
  return what.startsWith('Address of the') ? 'address' : 'text';
}

function secretOf(name: string): string {
  if (/(?:KEY|PASSWORD|SECRET)_FILE$/.test(name)) return 'secret file';
  return /^(?:NATS|REDIS|CHAIN_RPC)_URL$/.test(name) ? 'may have a password' : '';
}

const code = (text: string) => (text === '' ? '' : `\`${text}\``);
