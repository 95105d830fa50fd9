/** `assay key`: creates, lists, rotates and revokes the API keys of a gateway. */
import { readSecretFile } from '@assay/adapters/keys/key-file';
import type { ApiKey, IssuedKey, Scope } from '@assay/protocol/api/api-keys';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { UsageError } from '../commands/usage-error.ts';
import { readConnection } from '../network/network-file.ts';
import { print, tableOf } from '../output/terminal.ts';

/** How every `key` command reaches its gateway. */
export interface KeyOptions {
  readonly gateway?: string;
  /** File with the token of an administrator; by default ASSAY_API_KEY is one. */
  readonly adminKeyFile?: string;
  readonly json: boolean;
}

/** Options of `key create`. */
export interface CreateKeyOptions extends KeyOptions {
  readonly owner: string;
  readonly scopes: readonly Scope[];
  readonly expiresInDays?: number;
}

/** Creates a key and prints its token. Returns the exit code. */
export async function createKeyCommand({
  owner,
  scopes,
  expiresInDays,
  ...options
}: CreateKeyOptions): Promise<number> {
  const expiry = expiresInDays === undefined ? {} : { expiresInDays };
  return issued(await (await adminOf(options)).createKey({ owner, scopes: [...scopes], ...expiry }), options);
}

/** Gives a key another token and prints it. Returns the exit code. */
export async function rotateKeyCommand(id: string, graceSeconds: number, options: KeyOptions): Promise<number> {
  return issued(await (await adminOf(options)).rotateKey(id, graceSeconds), options);
}

/** Revokes a key. Returns the exit code. */
export async function revokeKeyCommand(id: string, options: KeyOptions): Promise<number> {
  const key = await (await adminOf(options)).revokeKey(id);
  print(options.json ? JSON.stringify(key) : `The key ${key.id} of ${key.owner} is revoked.`);
  return 0;
}

/** Lists the keys without their secrets. Returns the exit code. */
export async function listKeysCommand(options: KeyOptions): Promise<number> {
  const keys = await (await adminOf(options)).listKeys();
  if (options.json) for (const key of keys) print(JSON.stringify(key));
  else for (const line of tableOf([['id', 'owner', 'scopes', 'created', 'state'], ...keys.map(rowOf)])) print(line);
  return 0;
}

async function adminOf({ gateway, adminKeyFile }: KeyOptions): Promise<GatewayClient> {
  const url = gateway ?? (await readConnection(process.cwd()))?.gatewayUrl;
  if (url === undefined)
    throw new UsageError('No network runs from this folder; give the address of one: --gateway <url>');
  const apiKey = adminKeyFile === undefined ? process.env.ASSAY_API_KEY : readSecretFile(adminKeyFile);
  if (apiKey === undefined || apiKey === '')
    throw new UsageError('Managing keys needs a key with the scope admin: --admin-key-file <file>, or ASSAY_API_KEY.');
  return new GatewayClient(url, { apiKey });
}

function issued({ key, token }: IssuedKey, { json }: KeyOptions): number {
  if (json) print(JSON.stringify({ key, token }));
  else {
    for (const line of tableOf(Object.entries({ id: key.id, owner: key.owner, scopes: key.scopes.join(', '), token })))
      print(line);
    process.stderr.write('Keep the token now: it is shown only once.\n');
  }
  return 0;
}

function rowOf(key: ApiKey): string[] {
  return [key.id, key.owner, key.scopes.join(', '), new Date(key.createdAtMs).toISOString().slice(0, 10), stateOf(key)];
}

function stateOf({ revokedAtMs, expiresAtMs }: ApiKey): string {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  if (revokedAtMs !== undefined) return `revoked ${day(revokedAtMs)}`;
  if (expiresAtMs === undefined) return 'valid';
  return expiresAtMs > Date.now() ? `valid until ${day(expiresAtMs)}` : `expired ${day(expiresAtMs)}`;
}
