/** `assay miner`: signs and serves what a model answers. */
import { keyringFromFile, readSecretFile } from '@assay/adapters/keys/key-file';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { modelsOfUpstream, standIn, standInStream, upstreamModel, upstreamStream } from '../miner/models.ts';
import { serveMiner } from '../miner/serve-miner.ts';
import { standInModel } from '../miner/stand-in.ts';
import { readConnection } from '../network/network-file.ts';
import { print } from '../output/terminal.ts';
import { UsageError } from './usage-error.ts';

/** Options of `miner`. */
export interface MinerCommand {
  readonly upstream?: string;
  readonly upstreamKeyFile?: string;
  readonly standIn: boolean;
  readonly keyFile: string;
  readonly port: number;
  /** Gateway of the network that it signs for; by default the one that runs from this folder. */
  readonly gateway?: string;
  readonly signal: AbortSignal;
}

/** Prints its registry entry as one JSON object, and serves until the signal aborts. Returns 0. */
export async function minerCommand(options: MinerCommand): Promise<number> {
  const { upstream: url, signal } = options;
  if ((url === undefined) === !options.standIn) throw new UsageError('Give --upstream <url>, or --stand-in.');
  if (url !== undefined && !URL.canParse(url))
    throw new UsageError('--upstream must be a URL such as http://host:port/v1.');
  const keyring = keyringFromFile(options.keyFile);
  const { address } = keyring;
  const gatewayUrl = options.gateway ?? (await readConnection(process.cwd()))?.gatewayUrl;
  if (gatewayUrl === undefined)
    throw new UsageError('No network runs from this folder: give --gateway <url>, or start one with "assay up".');
  const { network } = await new GatewayClient(gatewayUrl).readNetwork();
  const { upstreamKeyFile } = options;
  const apiKey = upstreamKeyFile === undefined ? undefined : readSecretFile(upstreamKeyFile);
  const upstream = url === undefined ? undefined : { url, apiKey };
  const models = upstream === undefined ? [standInModel] : await modelsOfUpstream(upstream);
  const manner = Number.parseInt(address.slice(-4), 16);
  const server = await serveMiner({
    port: options.port,
    address,
    // The key is in this process, which needs no preimage.
    sign: (digest) => keyring.sign(digest, digest),
    domain: { chainId: network.chainId, hub: network.hub },
    ...(upstream === undefined
      ? { model: standIn(manner), streaming: standInStream(manner) }
      : { model: upstreamModel(upstream), streaming: upstreamStream(upstream) }),
    models,
  });
  print(JSON.stringify({ name: address.slice(0, 10), url: `http://127.0.0.1:${server.port}/v1`, address, models }));
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await server.close();
  return 0;
}
