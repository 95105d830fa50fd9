/**
 * Keys of a local network: new ones for operators and the key participant, and the chain's funded accounts for those
 * who pay gas.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import type { StakedOperator } from '@assay/adapters/evm/deploy-contracts';
import { createSqliteJournal } from '@assay/adapters/journal/sqlite-journal';
import { keyringFromSecret } from '@assay/adapters/keys/key-file';
import { operatorBlsKey } from '@assay/adapters/keys/operator-secret';
import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import type { CertificateScheme } from '@assay/protocol/network/validator-set';
import { addressOf } from '@assay/protocol/signature/signature';
import { agreementKeyOf } from '@assay/session-keys/agreement/agreement-key';
import type { ApiKeyFiles, OperatorKey } from './service-specs.ts';

/** Accounts of the local chain, by index: the deployer, the key participant, the aggregators, then clients. */
export const accounts = { deployer: 0, oracle: 1, firstAggregator: 2 } as const;

/** The key participant's identity and the files of its secrets. */
export interface OracleKeys {
  readonly address: Hex;
  readonly agreementKey: Hex;
  readonly keyFile: string;
  readonly agreementKeyFile: string;
  readonly keyEncryptionKeyFile: string;
}

/** Fresh operator keys, each in a file of its own in `dir`, with a signing journal beside it. */
export function makeOperators(dir: string, count: number): Promise<(OperatorKey & { readonly privateKey: Hex })[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const key = toHex(randomBytes(32));
      const folder = join(dir, `operator-${index}-journal`);
      const journal = pathToFileURL(folder).href;
      await createFreshJournal(folder);
      return {
        journal,
        address: addressOf(fromHex(key)),
        privateKey: key,
        keyFile: await writeKey(dir, `operator-${index}`, key),
      };
    }),
  );
}

/** Staked operators with the BLS keys that their validators derive, where certificates are made of BLS signatures. */
export async function withBlsKeys(
  operators: readonly StakedOperator[],
  certificates: CertificateScheme,
): Promise<StakedOperator[]> {
  if (certificates !== 'bls') return [...operators];
  return Promise.all(
    operators.map(async (one) => ({
      ...one,
      blsSecretKey: toHex(await operatorBlsKey(keyringFromSecret(one.privateKey))),
    })),
  );
}

/** An empty journal for a new operator. The folder may be a mount, so it stays; what an earlier operator left in it goes. */
async function createFreshJournal(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
  const journal = await createSqliteJournal({ folder }, 0);
  await journal.close();
}

/** The key participant: its account is one of the chain's, its other keys are new. */
export async function makeOracle(dir: string): Promise<OracleKeys> {
  const key = anvilAccountKey(accounts.oracle);
  const agreementSecret = toHex(randomBytes(32));
  return {
    address: addressOf(fromHex(key)),
    agreementKey: agreementKeyOf(fromHex(agreementSecret)),
    keyFile: await writeKey(dir, 'oracle', key),
    agreementKeyFile: await writeKey(dir, 'oracle-agreement', agreementSecret),
    keyEncryptionKeyFile: await writeKey(dir, 'oracle-key-encryption', toHex(randomBytes(32))),
  };
}

/** Key files of the aggregators' transmitter accounts. */
export function makeTransmitters(dir: string, count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      writeKey(dir, `transmitter-${index}`, anvilAccountKey(accounts.firstAggregator + index)),
    ),
  );
}

/** The password with which the services of a local network log in at the bus. */
export async function makeBusPassword(dir: string): Promise<{ password: string; passwordFile: string }> {
  const password = toHex(randomBytes(32));
  return { password, passwordFile: await writeKey(dir, 'bus', password) };
}

/** What a gateway that asks for API keys needs: the secret of its records, and a first key with every scope. */
export async function makeApiKeySecrets(dir: string): Promise<ApiKeyFiles> {
  const secret = () => toHex(randomBytes(32));
  return {
    secretFile: await writeKey(dir, 'api-keys', secret()),
    adminKeyFile: await writeKey(dir, 'admin', secret()),
  };
}

/** The key file by which the gateway of a network seals questions. */
export function makeSealer(dir: string): Promise<string> {
  return writeKey(dir, 'sealer', toHex(randomBytes(32)));
}

async function writeKey(dir: string, name: string, key: Hex): Promise<string> {
  const file = join(dir, `${name}.key`);
  await writeFile(file, `${key}\n`, { mode: 0o600 });
  return file;
}
