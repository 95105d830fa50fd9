/** Facts of common chains that a network's settings follow from. Data; each with the page that states it. */

/** How a transaction's price comes about, beyond gas times fee. */
export type FeeModel =
  /** EIP-1559: gas times base fee and tip. */
  | 'eip-1559'
  /** EIP-1559, and the gas that a node estimates has a part for the data on Ethereum. */
  | 'l1-data-in-gas'
  /** EIP-1559, and a fee for the data on Ethereum that is taken beside the gas. */
  | 'l1-data-fee';

export interface ChainPreset {
  readonly name: string;
  readonly chainId: number;
  readonly isTestnet: boolean;
  readonly blockSeconds: number;
  /** What the chain counts as final, for FINALITY. */
  readonly finality: 'finalized' | number;
  /** Blocks until a batch counts as in, for CONFIRMATIONS. */
  readonly confirmations: number;
  readonly feeModel: FeeModel;
  readonly sources: readonly string[];
}

const ethereum = ['https://ethereum.org/developers/docs/blocks/'];
const arbitrum = [
  'https://docs.arbitrum.io/arbitrum-essentials/arbitrum-vs-ethereum/block-numbers-and-time',
  'https://docs.arbitrum.io/how-arbitrum-works/deep-dives/gas-and-fees',
];
const optimism = ['https://docs.optimism.io/stack/transactions/fees', 'https://docs.optimism.io/notices/upgrade-15'];
const base = [...optimism, 'https://docs.base.org/base-chain/quickstart/connecting-to-base'];

const onEthereum = {
  blockSeconds: 12,
  finality: 'finalized',
  confirmations: 2,
  feeModel: 'eip-1559',
} as const;
const onArbitrum = {
  blockSeconds: 0.25,
  finality: 'finalized',
  confirmations: 4,
  feeModel: 'l1-data-in-gas',
} as const;
const onOpStack = {
  blockSeconds: 2,
  finality: 'finalized',
  confirmations: 2,
  feeModel: 'l1-data-fee',
} as const;

/** All presets. Each chain has the precompiles that BLS certificates need (EIP-2537). */
export const chainPresets: readonly ChainPreset[] = [
  { name: 'ethereum', chainId: 1, isTestnet: false, ...onEthereum, sources: ethereum },
  { name: 'sepolia', chainId: 11_155_111, isTestnet: true, ...onEthereum, sources: ethereum },
  { name: 'arbitrum', chainId: 42_161, isTestnet: false, ...onArbitrum, sources: arbitrum },
  { name: 'arbitrum-sepolia', chainId: 421_614, isTestnet: true, ...onArbitrum, sources: arbitrum },
  { name: 'base', chainId: 8_453, isTestnet: false, ...onOpStack, sources: base },
  { name: 'base-sepolia', chainId: 84_532, isTestnet: true, ...onOpStack, sources: base },
  { name: 'optimism', chainId: 10, isTestnet: false, ...onOpStack, sources: optimism },
  { name: 'optimism-sepolia', chainId: 11_155_420, isTestnet: true, ...onOpStack, sources: optimism },
  {
    name: 'anvil',
    chainId: 31_337,
    isTestnet: true,
    blockSeconds: 1,
    finality: 1,
    confirmations: 1,
    feeModel: 'eip-1559',
    sources: ['https://getfoundry.sh/anvil/reference/anvil'],
  },
];

/** Settings of the aggregator that follow from a chain. */
export function settingsFor({ blockSeconds, confirmations, finality }: ChainPreset): Record<string, string> {
  const turnDeltaMs = Math.max(3_000, Math.ceil(2_500 * blockSeconds));
  return { CONFIRMATIONS: String(confirmations), FINALITY: String(finality), TURN_DELTA_MS: String(turnDeltaMs) };
}
