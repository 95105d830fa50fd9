/** `assay network init`: the folder of a new network, with keys of each kind in the formats that services take. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createSqliteJournal } from '@assay/adapters/journal/sqlite-journal';
import { readSecretFile } from '@assay/adapters/keys/key-file';
import { encryptKey } from '@assay/adapters/keys/keystore-file';
import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import type { CertificateScheme } from '@assay/protocol/network/validator-set';
import { addressOf } from '@assay/protocol/signature/signature';
import { agreementKeyOf } from '@assay/session-keys/agreement/agreement-key';
import { policiesText } from '../calibration/policy-text.ts';
import { UsageError } from '../commands/usage-error.ts';
import { cheaperScheme } from '../cost/estimate.ts';
import { gasRecord } from '../cost/gas-record.ts';
import { readPolicies, shippedPoliciesFile } from '../network/policy-file.ts';
import { counted, print } from '../output/terminal.ts';
import { type InstalledNetwork, pathIn, readNetworkFolder, writeNetworkFolder } from './network-folder.ts';

/** Options of `network init`. */
export interface InitCommand {
  readonly chain: string;
  /** How many operators get a key here. */
  readonly operators: number;
  /** Operators that keep their keys elsewhere, such as behind a remote signer. */
  readonly operatorAddress: readonly Hex[];
  readonly aggregators: number;
  /** Absent: what costs less with so many operators. */
  readonly certificates?: CertificateScheme;
  readonly epochSeconds?: number;
  readonly graceSeconds?: number;
  readonly policies?: string;
  /** The policies take answers only with their miner's signature. */
  readonly signed: boolean;
  readonly passwordFile?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Makes what is missing in the folder, and prints what comes next. Resolves with 0. */
export async function networkInitCommand(folder: string, options: InitCommand): Promise<number> {
  if (options.dryRun) {
    const operators = counted(options.operators, 'operator');
    const transmitters = counted(options.aggregators, 'transmitter');
    print(
      `Would make in ${folder}, where it is missing: network.json, policies/1.json, keys of the admin, ${operators},`,
    );
    print(`${transmitters}, the key participant and the sealer.`);
    return 0;
  }
  const isNew = !existsSync(join(folder, 'network.json'));
  const network = isNew ? await make(folder, options) : await madeBefore(folder, options);
  if (options.json) print(JSON.stringify({ folder, isNew, ...network }));
  else for (const line of checklistOf(folder, network, isNew)) print(line);
  return 0;
}

/** The network of the folder. Throws {@link UsageError} if it is another one than is asked for. */
async function madeBefore(folder: string, { chain, certificates }: InitCommand): Promise<InstalledNetwork> {
  const network = await readNetworkFolder(folder);
  const another = (what: string) =>
    new UsageError(`${folder} has a network ${what}, and it stays as it is. Name another folder.`);
  if (network.chain !== chain) throw another(`for the chain ${network.chain}`);
  if (certificates !== undefined && network.certificates !== certificates)
    throw another(`with ${network.certificates} certificates`);
  return network;
}

async function make(folder: string, options: InitCommand): Promise<InstalledNetwork> {
  await mkdir(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  await mkdir(join(folder, 'policies'), { recursive: true });
  const read = await readPolicies(options.policies ?? shippedPoliciesFile);
  const policies = options.signed ? read.map((one) => ({ ...one, submissionSignatures: 'required' as const })) : read;
  await writeFile(join(folder, 'policies/1.json'), policiesText(policies));
  const passwordFile = options.passwordFile ?? 'keys/password';
  const keys = new KeyMaker(folder, await passwordIn(pathIn(folder, passwordFile)));
  const { epochSeconds, graceSeconds, chain } = options;
  const certificates =
    options.certificates ?? cheaperScheme(gasRecord, options.operators + options.operatorAddress.length);
  const own = [];
  for (let index = 0; index < options.operators; index++) {
    const key = await keys.encrypted(`operator-${index}`);
    own.push({ ...key, journal: await keys.journal(`operator-${index}-journal`) });
  }
  const transmitters = [];
  for (let index = 0; index < options.aggregators; index++)
    transmitters.push(await keys.encrypted(`transmitter-${index}`));
  const network: InstalledNetwork = {
    version: 1,
    chain,
    certificates,
    ...(epochSeconds !== undefined && { epochSeconds }),
    ...(graceSeconds !== undefined && { graceSeconds }),
    passwordFile,
    policiesFile: 'policies/1.json',
    admin: await keys.encrypted('admin'),
    operators: [...own, ...options.operatorAddress.map((address) => ({ address }))],
    transmitters,
    oracle: await keys.oracle(),
    sealer: await keys.encrypted('sealer'),
  };
  await writeFile(
    join(folder, 'operators.json'),
    `${JSON.stringify(network.operators.map(({ address }) => address))}\n`,
  );
  // Last: without it, an interrupted call starts again.
  await writeNetworkFolder(folder, network);
  return network;
}

/** The password in a file, which is made if it is missing. */
async function passwordIn(file: string): Promise<string> {
  if (!existsSync(file)) await writeFile(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  return readSecretFile(file);
}

const newSecret = () => toHex(randomBytes(32));

/** Makes the key files and journals of a folder. */
class KeyMaker {
  readonly #folder: string;
  readonly #password: string;

  constructor(folder: string, password: string) {
    this.#folder = folder;
    this.#password = password;
  }

  async encrypted(name: string): Promise<{ readonly address: Hex; readonly keyFile: string }> {
    const secret = newSecret();
    const keyFile = `keys/${name}.json`;
    await writeFile(join(this.#folder, keyFile), await encryptKey(secret, this.#password), { mode: 0o600 });
    return { address: addressOf(fromHex(secret)), keyFile };
  }

  async journal(name: string): Promise<string> {
    const folder = pathIn(this.#folder, name);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const journal = await createSqliteJournal({ folder }, 0);
    await journal.close();
    return pathToFileURL(folder).href;
  }

  /** The key participant's keys are plain files: two of them are of no account. */
  async oracle(): Promise<InstalledNetwork['oracle']> {
    const [key, agreementSecret, keyEncryptionKey] = [newSecret(), newSecret(), newSecret()] as const;
    return {
      address: addressOf(fromHex(key)),
      keyFile: await this.#plain('oracle', key),
      agreementKey: agreementKeyOf(fromHex(agreementSecret)),
      agreementKeyFile: await this.#plain('oracle-agreement', agreementSecret),
      keyEncryptionKeyFile: await this.#plain('oracle-key-encryption', keyEncryptionKey),
    };
  }

  async #plain(name: string, secret: Hex): Promise<string> {
    const path = `keys/${name}.key`;
    await writeFile(join(this.#folder, path), `${secret}\n`, { mode: 0o600 });
    return path;
  }
}

function checklistOf(folder: string, network: InstalledNetwork, isNew: boolean): string[] {
  const at = `${folder} --rpc <url>`;
  const isBlsElsewhere =
    network.certificates === 'bls' && network.operators.some(({ keyFile }) => keyFile === undefined);
  const payers = [
    `  ${network.admin.address}  admin: pays for the contracts, stakes`,
    `  ${network.oracle.address}  key participant: publishes its key, records sessions`,
    ...network.transmitters.map(({ address }) => `  ${address}  transmitter: pays for each batch`),
  ];
  return [
    isNew
      ? `The network is in ${folder}, for the chain ${network.chain}.`
      : `${folder} has a network already, with ${counted(network.operators.length, 'operator')}. Nothing was changed.`,
    `Keep ${pathIn(folder, network.passwordFile)} elsewhere than the key files that it locks.`,
    '',
    'Send funds for gas to:',
    ...payers,
    '',
    'Then:',
    `  [ ] assay contracts deploy ${at} --dry-run    what it costs`,
    `  [ ] assay contracts deploy ${at} --confirm`,
    `  [ ] assay operator add ${at} --confirm`,
    ...(isBlsElsewhere
      ? ['  [ ] assay bls-key --help     each operator that keeps its key elsewhere registers its BLS key']
      : []),
    `  [ ] assay epoch start ${at} --confirm`,
    `  [ ] assay up --network ${at}     on one machine; docs/operate.md has the cluster`,
  ];
}
