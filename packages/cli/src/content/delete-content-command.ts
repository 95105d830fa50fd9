/** `assay content delete`: deletes the content of a task before its age. */
import { readSecretFile } from '@assay/adapters/keys/key-file';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { UsageError } from '../commands/usage-error.ts';
import { gatewayAt } from '../network/connection.ts';
import { readConnection } from '../network/network-file.ts';
import { print } from '../output/terminal.ts';

/** Options of `content delete`. */
export interface DeleteContentOptions {
  readonly gateway?: string;
  /** File with the token of a key; by default ASSAY_API_KEY is one. */
  readonly keyFile?: string;
  readonly json: boolean;
}

/** Deletes it, and says so. Returns the exit code. */
export async function deleteContentCommand(taskId: Hex, options: DeleteContentOptions): Promise<number> {
  const url = options.gateway ?? (await readConnection(process.cwd()))?.gatewayUrl;
  if (url === undefined)
    throw new UsageError('No network runs from this folder; give the address of one: --gateway <url>');
  const { keyFile } = options;
  const gateway = keyFile === undefined ? gatewayAt(url) : new GatewayClient(url, { apiKey: readSecretFile(keyFile) });
  const deleted = await gateway.deleteContent(taskId);
  const count = `${deleted.contents} ${deleted.contents === 1 ? 'content' : 'contents'}`;
  print(options.json ? JSON.stringify(deleted) : `The content of ${taskId} is deleted: ${count}.`);
  return 0;
}
