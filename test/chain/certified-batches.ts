/** A chain with the contracts of four operators, and batches that they certify. */
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import type { Deployed } from '@assay/adapters/evm/contract-creations';
import { deployContracts } from '@assay/adapters/evm/deploy-contracts';
import type { TransmitterOptions } from '@assay/adapters/evm/transmitter';
import { type ServerProcess, startAnvil } from '@assay/adapters/process/server-programs';
import type { Batch } from '@assay/protocol/batch/batch';
import { encodeCertificate } from '@assay/protocol/batch/certificate';
import { type Hex, keccak256, toHex, utf8 } from '@assay/protocol/encoding/bytes';
import { configDigest, type Network } from '@assay/protocol/network/validator-set';
import type { Chain } from '@assay/protocol/ports';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { type CosignatureFields, cosignatureDigest } from '@assay/protocol/signature/typed-data';

const operatorKeys = [1, 2, 3, 4]
  .map((number) => new Uint8Array(32).fill(number))
  .sort((a, b) => (addressOf(a) < addressOf(b) ? -1 : 1));
const policiesDigest: Hex = `0x${'5a'.repeat(32)}`;
const deployer = 0;

/** A test's chain. */
export interface TestChain {
  readonly server: ServerProcess;
  readonly deployed: Deployed;
  readonly network: Network;
  /** The chain for a transmitter at an RPC address. */
  connect(rpcUrl: string, transmitterKey: Hex, transmitter?: TransmitterOptions): Chain;
  /** The next batch and its certificate; of one report that nobody has where no batch is given. */
  certified(batch?: Pick<Batch, 'root' | 'count'>): { readonly fields: CosignatureFields; readonly certificate: Hex };
}

/** Starts anvil and deploys the contracts, with a fixed block time; `blockTimeSeconds` as for `startAnvil`. */
export async function startTestChain(blockTimeSeconds = 0.1): Promise<TestChain> {
  const server = await startAnvil({ blockTimeSeconds, accounts: 40 });
  try {
    const operators = operatorKeys.map((key) => ({ privateKey: toHex(key), stake: 10n }));
    const deployed = await deployContracts({
      rpcUrl: server.url,
      deployerKey: anvilAccountKey(deployer),
      operators,
      policiesDigest,
    });
    const network = await connectEvmChain({ rpcUrl: server.url, ...deployed }).network();
    let sequence = 0;
    return {
      server,
      deployed,
      network,
      connect: (rpcUrl, transmitterKey, transmitter) =>
        connectEvmChain({ rpcUrl, ...deployed, transmitterKey, ...(transmitter && { transmitter }) }),
      certified: (batch) => certifiedBatch(network, ++sequence, batch),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function certifiedBatch(network: Network, sequence: number, batch?: Pick<Batch, 'root' | 'count'>) {
  const { root, count } = batch ?? { root: keccak256(utf8(`batch ${sequence}`)), count: 1 };
  const fields = { configDigest: configDigest(network), epoch: network.epoch, sequence, root, count };
  const digest = cosignatureDigest(network, fields);
  const cosignatures = operatorKeys
    .slice(0, 3)
    .map((key) => ({ operator: addressOf(key), signature: signDigest(digest, key) }));
  const certificate = encodeCertificate(network, cosignatures);
  return { fields, certificate };
}
