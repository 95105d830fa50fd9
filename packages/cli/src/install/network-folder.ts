/** The folder of a network that is being installed: what was chosen, who has which key, and where the contracts are. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { checkShape } from '@assay/protocol/encoding/decode';
import { addressSchema, digestSchema } from '@assay/protocol/encoding/fields';
import { z } from 'zod';
import { UsageError } from '../commands/usage-error.ts';
import { chainPresets } from './chain-presets.ts';

/** Tokens that a network takes. */
const paymentsMax = 64;

const keySchema = z.strictObject({ address: addressSchema, keyFile: z.string() });

const schema = z.strictObject({
  version: z.literal(1),
  chain: z.enum(chainPresets.map(({ name }) => name) as [string, ...string[]]),
  certificates: z.enum(['ecdsa', 'bls']),
  epochSeconds: z.int().min(1).optional(),
  graceSeconds: z.int().min(1).optional(),
  /** Locks all encrypted key files of the folder. */
  passwordFile: z.string(),
  policiesFile: z.string(),
  /** Pays for the contracts, owns the operators that it stakes for, and is the first admin. */
  admin: keySchema,
  /** Without a key file: the operator keeps its key elsewhere. */
  operators: z.array(
    z.strictObject({ address: addressSchema, keyFile: z.string().optional(), journal: z.string().optional() }),
  ),
  transmitters: z.array(keySchema),
  oracle: z.strictObject({
    address: addressSchema,
    keyFile: z.string(),
    agreementKey: digestSchema,
    agreementKeyFile: z.string(),
    keyEncryptionKeyFile: z.string(),
  }),
  /** Seals questions for the gateway. A folder of an earlier version has none. */
  sealer: keySchema.optional(),
  /** Where the contracts will be follows from the account and its nonce: written before the first transaction. */
  deployment: z
    .strictObject({
      firstNonce: z.int().min(0),
      policiesDigest: digestSchema,
      isComplete: z.boolean(),
      contracts: z.strictObject({
        chainId: z.int().min(1),
        hub: addressSchema,
        registry: addressSchema,
        verifier: addressSchema,
        keystore: addressSchema,
        stakeToken: addressSchema,
        blsKeys: addressSchema,
        slashing: addressSchema,
      }),
    })
    .optional(),
  /** Contracts that pay by verdict, one for a token. Whoever is interrupted goes on with their addresses. */
  payments: z
    .array(z.strictObject({ token: addressSchema, address: addressSchema, nonce: z.int().min(0) }))
    .max(paymentsMax)
    .optional(),
});

/** The content of `network.json`. Paths are relative to the folder. */
export type InstalledNetwork = z.infer<typeof schema>;

const fileOf = (folder: string) => join(folder, 'network.json');

/** Reads a folder. Throws {@link UsageError} that says how to make one. */
export async function readNetworkFolder(folder: string): Promise<InstalledNetwork> {
  let text: string;
  try {
    text = await readFile(fileOf(folder), 'utf8');
  } catch (cause) {
    throw new UsageError(`There is no network in ${folder}: make one with "assay network init ${folder}".`, { cause });
  }
  const checked = checkShape(schema, JSON.parse(text));
  if (!checked.ok) throw new UsageError(`${fileOf(folder)} is wrong: ${checked.refusal.detail}`);
  return checked.value;
}

/** Writes it whole or not at all. */
export async function writeNetworkFolder(folder: string, network: InstalledNetwork): Promise<void> {
  const unfinished = `${fileOf(folder)}.unfinished`;
  await writeFile(unfinished, `${JSON.stringify(network, null, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, fileOf(folder));
}

/** A path of the folder as one that any process can open. */
export function pathIn(folder: string, path: string): string {
  return isAbsolute(path) ? path : resolve(folder, path);
}

/** The contracts of a folder. Throws {@link UsageError} before they are deployed. */
export function contractsOf({ deployment }: InstalledNetwork, folder: string) {
  if (deployment?.isComplete === true) return deployment.contracts;
  throw new UsageError(
    `The contracts of ${folder} are not deployed: run "assay contracts deploy ${folder} --rpc <url> --confirm".`,
  );
}
