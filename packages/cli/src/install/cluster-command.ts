/** `assay network secrets`: prints the Secrets and config maps of a network that runs in one namespace of a cluster. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { readSecretFile } from '@assay/adapters/keys/key-file';
import { decryptKey } from '@assay/adapters/keys/keystore-file';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { UsageError } from '../commands/usage-error.ts';
import { print } from '../output/terminal.ts';
import { type ClusterPasswords, clusterObjects, clusterUsers } from './cluster-objects.ts';
import { contractsOf, type InstalledNetwork, pathIn, readNetworkFolder } from './network-folder.ts';

/** Options of `network secrets`. */
export interface SecretsCommand {
  readonly namespace: string;
}

/** Prints one list in JSON. Its passwords are made once and kept in the folder. Resolves with 0. */
export async function secretsCommand(folder: string, { namespace }: SecretsCommand): Promise<number> {
  const network = await readNetworkFolder(folder);
  contractsOf(network, folder);
  const operator = onlyOperatorOf(network, folder);
  const path = (name: string) => pathIn(folder, name);
  const password = readSecretFile(path(network.passwordFile));
  const keyIn = async (file: string) => decryptKey(readSecretFile(path(file)), password);
  const { oracle, transmitters } = network;
  const transmitterKeys: Hex[] = [];
  // One after the other: each takes 256 MiB.
  for (const { keyFile } of transmitters) transmitterKeys.push(await keyIn(keyFile));
  const objects = clusterObjects({
    namespace,
    operator: operator.address,
    operatorKey: await keyIn(operator.keyFile),
    transmitterKeys,
    oracle: {
      key: readSecretFile(path(oracle.keyFile)),
      agreementKey: readSecretFile(path(oracle.agreementKeyFile)),
      keyEncryptionKey: readSecretFile(path(oracle.keyEncryptionKeyFile)),
    },
    environment: environmentIn(await readFile(path('network.env'), 'utf8')),
    passwords: await passwordsIn(path('keys/cluster.json'), clusterUsers(operator.address, transmitters.length)),
  });
  print(JSON.stringify(objects, null, 2));
  return 0;
}

/** The manifests of one namespace run the validators of one operator. */
function onlyOperatorOf({ operators }: InstalledNetwork, folder: string) {
  const own = operators.flatMap(({ address, keyFile }) => (keyFile === undefined ? [] : [{ address, keyFile }]));
  const [operator] = own;
  if (operator !== undefined && own.length === 1) return operator;
  throw new UsageError(
    `${folder} has the keys of ${own.length} operators. One namespace runs one: make the folder with --operators 1.`,
  );
}

const environmentIn = (text: string) =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

/** The passwords in a file; those that are missing are made, and written to it. */
async function passwordsIn(file: string, users: ReturnType<typeof clusterUsers>): Promise<ClusterPasswords> {
  const known = existsSync(file) ? (JSON.parse(readSecretFile(file)) as Partial<ClusterPasswords>) : {};
  const complete = (names: readonly string[], some: Readonly<Record<string, string>> = {}) => ({
    ...Object.fromEntries(names.map((name) => [name, newPassword()])),
    ...some,
  });
  const passwords = {
    bus: complete(users.bus, known.bus),
    cache: complete(users.cache, known.cache),
    journal: known.journal ?? newPassword(),
  };
  await writeFile(file, `${JSON.stringify(passwords, null, 2)}\n`, { mode: 0o600 });
  return passwords;
}

/** Letters and digits alone, so that every configuration language takes it without quotes. */
const newPassword = () => `p${randomBytes(24).toString('hex')}`;
