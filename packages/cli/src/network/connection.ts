/** How a command reaches a network: by its options, or the network that was started from this folder. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { UsageError } from '../commands/usage-error.ts';
import { type Connection, readConnection } from './network-file.ts';

/** Options of the command line. */
export interface ConnectionOptions {
  readonly gateway?: string;
  readonly rpc?: string;
  readonly hub?: string;
  readonly registry?: string;
}

/** The connection. Throws {@link UsageError} if a part is neither given nor known. */
export async function connectionOf(options: ConnectionOptions): Promise<Connection> {
  const running = await readConnection(process.cwd());
  const gatewayUrl = options.gateway ?? running?.gatewayUrl;
  const rpcUrl = options.rpc ?? running?.rpcUrl;
  const hub = (options.hub ?? running?.hub)?.toLowerCase() as Hex | undefined;
  const registry = (options.registry ?? running?.registry)?.toLowerCase() as Hex | undefined;
  if (gatewayUrl === undefined || rpcUrl === undefined || hub === undefined || registry === undefined) {
    const places = { '--gateway': gatewayUrl, '--rpc': rpcUrl, '--hub': hub, '--registry': registry };
    const missing = Object.entries(places).flatMap(([option, value]) => (value === undefined ? [option] : []));
    throw new UsageError(
      `No network runs from this folder, and ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing. Start one with "assay up", or say where one runs.`,
    );
  }
  return { gatewayUrl, rpcUrl, hub, registry, keystore: running?.keystore ?? hub };
}

/** The client of a gateway, with the API key of the environment where there is one. */
export function gatewayAt(url: string): GatewayClient {
  const apiKey = process.env.ASSAY_API_KEY;
  return new GatewayClient(url, apiKey === undefined || apiKey === '' ? {} : { apiKey });
}
