/** Four miners before a Router: two stand-ins that can stream, one that lies, one that cheats at another model. */
import type { HttpServer } from '@assay/adapters/http/http-server';
import { standIn, standInStream } from '@assay/cli/miner/models';
import { serveMiner } from '@assay/cli/miner/serve-miner';
import { standInModel } from '@assay/cli/miner/stand-in';
import { exampleKey } from '@assay/protocol/network/example-network';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { cheat, liar } from './lying-models.ts';

/** A miner that runs in this process. */
export interface ServedMiner {
  readonly server: HttpServer;
  readonly address: string;
}

/** A miner in a Router's file. */
export interface MinerEntry {
  readonly name: string;
  readonly url: string;
  readonly address: string;
  readonly models: readonly string[];
}

/** Starts them on a network; each signs with an example key of its own. */
export async function startMiners(domain: Parameters<typeof serveMiner>[0]['domain']): Promise<ServedMiner[]> {
  return await Promise.all(
    [standIn(0), standIn(2), liar, cheat].map(async (model, index) => {
      const key = exampleKey(index + 1);
      const address = addressOf(key);
      const server = await serveMiner({
        port: 0,
        address,
        sign: async (digest) => signDigest(digest, key),
        domain,
        model,
        ...(index < 2 ? { streaming: standInStream(index) } : {}),
        models: [standInModel, 'cheat'],
      });
      return { address, server };
    }),
  );
}

/** What a Router is told of them. */
export function entriesOf(miners: readonly ServedMiner[]): MinerEntry[] {
  return miners.map(({ address, server }, index) => ({
    name: `miner-${index}`,
    url: `http://127.0.0.1:${server.port}/v1`,
    address,
    models: [index === 3 ? 'cheat' : standInModel],
  }));
}
