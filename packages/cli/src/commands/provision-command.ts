/** `assay provision`: creates everything on the bus that services need and may not create themselves. */
import { readFile } from 'node:fs/promises';
import { readSecretFile } from '@assay/adapters/keys/key-file';
import { provisionNats } from '@assay/adapters/nats/streams';
import { type BusIdentity, busUserOf, inboxPrefixOf } from '@assay/protocol/bus/permissions';
import { checkShape } from '@assay/protocol/encoding/decode';
import { addressSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import { z } from 'zod';
import { print } from '../output/terminal.ts';
import { storageSize } from '../program/storage-size.ts';
import { UsageError } from './usage-error.ts';

export interface ProvisionCommand {
  readonly operatorsFile: string;
  readonly servers?: string;
  readonly copies?: number;
  /** For all streams together, on each server: `80GiB`. */
  readonly storage?: string;
  /** Hours after which content is deleted. */
  readonly contentHours?: number;
  readonly passwordFile?: string;
  readonly caFile?: string;
}

const identity: BusIdentity = { kind: 'provisioner' };

/** Creates what is missing and resolves with the exit code. */
export async function provisionCommand(
  options: ProvisionCommand,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const servers = options.servers ?? environment.NATS_URL;
  if (servers === undefined) throw new UsageError('Name the NATS servers: --servers, or NATS_URL.');
  const checked = checkShape(
    z.array(addressSchema).min(1).max(limits.operatorsMax),
    JSON.parse(await readFile(options.operatorsFile, 'utf8')),
  );
  if (!checked.ok) throw new UsageError(`${options.operatorsFile}: ${checked.refusal.detail}`);
  const { passwordFile, caFile } = options;
  const replicas = options.copies ?? Number(environment.NATS_REPLICAS || 1);
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > 5)
    throw new UsageError('NATS_REPLICAS must be a whole number from 1 to 5.');
  const contentHours = options.contentHours ?? (Number(environment.CONTENT_AGE_HOURS) || undefined);
  const made = await provisionNats({
    servers,
    replicas,
    ...storageSize(options.storage, environment),
    ...(contentHours === undefined ? {} : { contentAgeMs: contentHours * 3_600_000 }),
    operators: checked.value,
    inboxPrefix: inboxPrefixOf(identity),
    ...(caFile === undefined ? {} : { caFile }),
    ...(passwordFile === undefined ? {} : { user: busUserOf(identity), pass: readSecretFile(passwordFile) }),
  });
  print(`Streams, buckets and ${made.consumers} consumers exist, each stream in ${replicas} copies.`);
  return 0;
}
