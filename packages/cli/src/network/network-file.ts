/** The file in which `assay up` and `assay dev` store the addresses of the running network for other commands. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkShape } from '@assay/protocol/encoding/decode';
import { addressSchema } from '@assay/protocol/encoding/fields';
import { z } from 'zod';

const connectionSchema = z.object({
  gatewayUrl: z.url(),
  rpcUrl: z.url(),
  /** Base URL of the Router, where one runs. */
  openaiBaseUrl: z.url().optional(),
  hub: addressSchema,
  registry: addressSchema,
  keystore: addressSchema,
  natsUrl: z.string().min(1).optional(),
  /** Accounts that post batches. */
  transmitters: z.array(addressSchema).optional(),
  /** Socket through which `assay service` takes the place of a process; absent where the network is elsewhere. */
  control: z.string().optional(),
});

/** How to reach a network: its gateway, and the chain with the contracts that the caller trusts. */
export type Connection = z.infer<typeof connectionSchema>;

/** The file of a working folder. */
export function networkFileOf(folder: string): string {
  return join(folder, '.assay', 'network.json');
}

/** The network that was started from this folder, or undefined. */
export async function readConnection(folder: string): Promise<Connection | undefined> {
  let text: string;
  try {
    text = await readFile(networkFileOf(folder), 'utf8');
  } catch {
    return undefined;
  }
  const checked = checkShape(connectionSchema, JSON.parse(text));
  return checked.ok ? checked.value : undefined;
}
