/** What a chain charges now: for gas, and for the data of a transaction on Ethereum where it is a rollup. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { type PublicClient, parseAbi } from 'viem';
import { asked, evmClient } from './client.ts';

/** Predeployed on chains of the OP stack (Fjord and later): an upper bound of the fee for a transaction of a size. */
const gasPriceOracle = '0x420000000000000000000000000000000000000F';
const oracleAbi = parseAbi(['function getL1FeeUpperBound(uint256 unsignedTxSize) view returns (uint256)']);
/** A precompile of Arbitrum's chains; the second of its prices is that of a byte of calldata on Ethereum. */
const arbGasInfo = '0x000000000000000000000000000000000000006C';
const arbAbi = parseAbi([
  'function getPricesInWei() view returns (uint256, uint256, uint256, uint256, uint256, uint256)',
]);

/** What an unsigned transaction has beside its data: type, chain, nonce, fees, gas and receiver in RLP. */
const envelopeBytes = 64;

/** How a chain takes the fee for data on Ethereum; see `FeeModel` of the chain presets. */
export type DataFee = 'eip-1559' | 'l1-data-in-gas' | 'l1-data-fee';

/** Prices in wei. */
export interface ChainFees {
  readonly chainId: number;
  readonly gasPriceWei: bigint;
  /** For a byte of a transaction of `bytes`; 0 where the chain takes none. */
  readonly dataPriceWei: number;
}

/** Reads them. Rejects if the chain does not answer, or has not what its kind has. */
export async function readFees(rpcUrl: string, kind: DataFee, bytes: number): Promise<ChainFees> {
  const client = evmClient(rpcUrl);
  return asked('fees', async () => {
    const [chainId, gasPriceWei, dataPriceWei] = await Promise.all([
      client.getChainId(),
      client.getGasPrice(),
      dataPrice(client, kind, bytes),
    ]);
    return { chainId, gasPriceWei, dataPriceWei };
  });
}

async function dataPrice(client: PublicClient, kind: DataFee, bytes: number): Promise<number> {
  if (kind === 'eip-1559') return 0;
  if (kind === 'l1-data-fee') return Number(await oracleFee(client, bytes)) / bytes;
  const prices = await client.readContract({ address: arbGasInfo, abi: arbAbi, functionName: 'getPricesInWei' });
  return Number(prices[1]);
}

function oracleFee(client: PublicClient, bytes: number): Promise<bigint> {
  const call = { address: gasPriceOracle, abi: oracleAbi, functionName: 'getL1FeeUpperBound' } as const;
  return client.readContract({ ...call, args: [BigInt(bytes)] });
}

/**
 * The fee that a chain of the OP stack takes for the data of a transaction, beside its gas. Such a chain is told by its
 * price oracle, which is looked for once. Arbitrum's chains have that fee in the gas.
 */
export class DataFees {
  readonly #client: PublicClient;
  #areTaken: boolean | undefined;

  constructor(client: PublicClient) {
    this.#client = client;
  }

  /** Wei, an upper bound by the chain's own account, for a call or creation with this data; 0 where there is no such fee. */
  async of(data: Hex): Promise<bigint> {
    this.#areTaken ??= (await this.#client.getCode({ address: gasPriceOracle })) !== undefined;
    return this.#areTaken ? oracleFee(this.#client, (data.length - 2) / 2 + envelopeBytes) : 0n;
  }
}
