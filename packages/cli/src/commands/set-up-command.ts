/**
 * `assay set-up`: prepares a fresh local chain, the bus and the services' keys for the first task. For experiments
 * only: keys are stored in files.
 */
import { chown, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { deployContracts } from '@assay/adapters/evm/deploy-contracts';
import { provisionNats } from '@assay/adapters/nats/streams';
import type { CertificateScheme } from '@assay/protocol/network/validator-set';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import { ChainReader } from '@assay/sdk/chain-reader';
import { drawFirstCommittee, membersOf } from '../network/committee-file.ts';
import {
  accounts,
  makeOperators,
  makeOracle,
  makeSealer,
  makeTransmitters,
  withBlsKeys,
} from '../network/network-keys.ts';
import { readPolicies, shippedPoliciesFile } from '../network/policy-file.ts';
import { print } from '../output/terminal.ts';
import { storageSize } from '../program/storage-size.ts';
import { UsageError } from './usage-error.ts';

export interface SetUpCommand {
  /** Folder for the key files. */
  readonly keys: string;
  readonly operators: number;
  /** Seats of the committee drawn from the operators; absent: all operators are members. */
  readonly committee?: number;
  readonly aggregators: number;
  readonly certificates: CertificateScheme;
  readonly rpc: string;
  readonly servers?: string;
  /** For all streams together: `3GiB`. */
  readonly storage?: string;
  /** User id that the key files are given to. */
  readonly owner?: number;
}

/** Creates keys, deploys the contracts, registers the key participant, creates the streams; prints all locations. */
export async function setUpCommand(
  options: SetUpCommand,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const servers = options.servers ?? environment.NATS_URL;
  if (servers === undefined) throw new UsageError('Name the NATS servers: --servers, or NATS_URL.');
  const storage = storageSize(options.storage, environment);
  const { keys, rpc: rpcUrl } = options;
  await mkdir(keys, { recursive: true, mode: 0o700 });
  const operators = await makeOperators(keys, options.operators);
  await makeTransmitters(keys, options.aggregators);
  await makeSealer(keys);
  const oracle = await makeOracle(keys);
  const pool = operators.map((one) => ({ ...one, stake: 1n }));
  const committee =
    options.committee === undefined ? undefined : await drawFirstCommittee(rpcUrl, options.committee, pool);
  const contracts = await deployContracts({
    rpcUrl,
    deployerKey: anvilAccountKey(accounts.deployer),
    operators: await withBlsKeys(membersOf(pool, committee), options.certificates),
    certificates: options.certificates,
    policiesDigest: policiesDigest(await readPolicies(shippedPoliciesFile)),
  });
  await new ChainReader({ rpcUrl, ...contracts }).registerAgreementKey(
    anvilAccountKey(accounts.oracle),
    oracle.agreementKey,
  );
  await provisionNats({ servers, ...storage, operators: operators.map(({ address }) => address) });
  if (options.owner !== undefined) await giveTo(keys, options.owner);
  const addresses = operators.map(({ address }) => address);
  const drawn = committee === undefined ? {} : { committee };
  print(JSON.stringify({ ...contracts, oracle: oracle.address, operators: addresses, ...drawn }));
  return 0;
}

async function giveTo(folder: string, owner: number): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) await chown(join(folder, name), owner, owner);
  await chown(folder, owner, owner);
}
