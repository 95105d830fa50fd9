/** Chain access of a program: reads, and one write, its agreement key. The only file here that imports viem. */
import { assayHubAbi } from '@assay/contracts/generated/assay-hub';
import { sessionKeystoreAbi } from '@assay/contracts/generated/session-keystore';
import { validatorRegistryAbi } from '@assay/contracts/generated/validator-registry';
import type { ReportFields } from '@assay/protocol/batch/batch';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { hideAddress } from '@assay/protocol/error-text';
import { configDigest, loadNetwork, type Network } from '@assay/protocol/network/validator-set';
import { tuning } from '@assay/protocol/tuning';
import {
  createPublicClient,
  createWalletClient,
  defineChain,
  http,
  TransactionReceiptNotFoundError,
  type Transport,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const none = `0x${'00'.repeat(32)}`;

/** The contracts of one network. */
export interface Contracts {
  readonly rpcUrl: string;
  readonly hub: Hex;
  readonly registry: Hex;
  /** Only what concerns sessions asks it. */
  readonly keystore?: Hex;
}

/** An Oracle's record of a session. */
export interface RecordedSession {
  readonly method: 'method-1' | 'method-2';
  readonly state: 'proposed' | 'established' | 'rekeyed' | 'closed';
  readonly user: Hex;
  readonly miner: Hex;
  readonly epoch: number;
  /** 32 bytes; undefined while it is proposed. */
  readonly transcriptHash: Hex | undefined;
}

/** The keystore's numbers, from 1. */
const methods = ['method-1', 'method-2'] as const;
const states = ['proposed', 'established', 'rekeyed', 'closed'] as const;

/**
 * Reads the contracts of a network. Methods reject with viem's error if the RPC does not respond. Of the RPC's address, an
 * error holds scheme, host and port only, because addresses carry keys.
 */
export class ChainReader {
  private readonly contracts: Contracts;
  private readonly client;

  constructor(contracts: Contracts) {
    this.contracts = contracts;
    this.client = createPublicClient({ transport: rpcTransport(contracts.rpcUrl) });
  }

  /** The validator set and policies of an epoch. Throws if the hub computes a different config digest. */
  async readNetwork(epoch: number): Promise<Network> {
    const { hub, registry } = this.contracts;
    const at = { address: registry, abi: validatorRegistryAbi, args: [BigInt(epoch)] } as const;
    const [chainId, members, policiesDigest, stated] = await Promise.all([
      this.client.getChainId(),
      this.client.readContract({ ...at, functionName: 'membersOf' }),
      this.client.readContract({ ...at, functionName: 'policiesDigest' }),
      this.client.readContract({ address: hub, abi: assayHubAbi, functionName: 'configDigest', args: [BigInt(epoch)] }),
    ]);
    const network = loadNetwork({
      chainId,
      hub,
      epoch,
      members: members.map(({ operator, weight }) => ({ operator: operator.toLowerCase() as Hex, weight })),
      policiesDigest,
    });
    if (configDigest(network) !== stated)
      throw new Error(`Hub ${hub} and registry ${registry} do not belong together, or are of another version.`);
    return network;
  }

  /** The root of the batch at (epoch, sequence), or undefined if none is posted. */
  async readRoot(epoch: number, sequence: number): Promise<Hex | undefined> {
    const root = await this.client.readContract({
      address: this.contracts.hub,
      abi: assayHubAbi,
      functionName: 'rootOf',
      args: [BigInt(epoch), BigInt(sequence)],
    });
    return root === none ? undefined : root;
  }

  /** Whether the chain has a transaction in a block. */
  async hasTransaction(hash: Hex): Promise<boolean> {
    try {
      await this.client.getTransactionReceipt({ hash });
      return true;
    } catch (error) {
      if (error instanceof TransactionReceiptNotFoundError) return false;
      throw error;
    }
  }

  /** Whether the hub confirms that a report is in a posted batch. */
  async verifyReport(epoch: number, sequence: number, report: ReportFields, proof: readonly Hex[]): Promise<boolean> {
    return this.client.readContract({
      address: this.contracts.hub,
      abi: assayHubAbi,
      functionName: 'verifyReport',
      args: [BigInt(epoch), BigInt(sequence), report, proof],
    });
  }

  /** The agreement key that an address registered, or undefined. */
  async agreementKeyOf(address: Hex): Promise<Hex | undefined> {
    const [key] = await this.client.readContract({
      address: this.keystore(),
      abi: sessionKeystoreAbi,
      functionName: 'agreementKeyOf',
      args: [address],
    });
    return key === none ? undefined : key;
  }

  /** An Oracle's record of a session; undefined if there is none. */
  async sessionOf(oracle: Hex, sessionId: Hex): Promise<RecordedSession | undefined> {
    const recorded = await this.client.readContract({
      address: this.keystore(),
      abi: sessionKeystoreAbi,
      functionName: 'sessionOf',
      args: [oracle, sessionId],
    });
    const [method, state] = [methods[recorded.method - 1], states[recorded.state - 1]];
    if (method === undefined || state === undefined) return undefined;
    const lower = (address: string) => address.toLowerCase() as Hex;
    const transcriptHash = recorded.transcriptHash === none ? undefined : recorded.transcriptHash;
    const [user, miner] = [lower(recorded.user), lower(recorded.miner)];
    return { method, state, user, miner, epoch: recorded.epoch, transcriptHash };
  }

  /** Whether a transcript hash equals the one in an Oracle's record of a session. */
  async isTranscriptOf(oracle: Hex, sessionId: Hex, transcriptHash: Hex): Promise<boolean> {
    return this.client.readContract({
      address: this.keystore(),
      abi: sessionKeystoreAbi,
      functionName: 'isTranscriptOf',
      args: [oracle, sessionId, transcriptHash],
    });
  }

  /** Registers the agreement key of an account in the keystore, and waits until it is in a block. The account pays the gas. */
  async registerAgreementKey(privateKey: Hex, agreementKey: Hex): Promise<void> {
    const account = privateKeyToAccount(privateKey);
    const { rpcUrl } = this.contracts;
    const keystore = this.keystore();
    const chain = defineChain({
      id: await this.client.getChainId(),
      name: 'assay',
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [] } },
    });
    const wallet = createWalletClient({ account, chain, transport: rpcTransport(rpcUrl) });
    const hash = await wallet.writeContract({
      address: keystore,
      abi: sessionKeystoreAbi,
      functionName: 'setAgreementKey',
      args: [agreementKey],
    });
    const receipt = await this.client.waitForTransactionReceipt({
      hash,
      timeout: tuning.receiptTimeoutMs,
      pollingInterval: tuning.chainPollMs,
    });
    if (receipt.status !== 'success')
      throw new Error(`The keystore refused the agreement key of ${account.address} in transaction ${hash}.`);
  }

  private keystore(): Hex {
    const { keystore } = this.contracts;
    if (keystore === undefined) throw new Error('This reader was made without the address of the SessionKeystore.');
    return keystore;
  }
}

/** HTTP to an RPC; no error that leaves it holds the keys of the address. */
function rpcTransport(rpcUrl: string): Transport<'http'> {
  const open = http(rpcUrl, { timeout: tuning.chainRequestTimeoutMs });
  return (options) => {
    const transport = open(options);
    const request: typeof transport.request = async (question, more) => {
      try {
        return await transport.request(question, more);
      } catch (error) {
        hideAddress(error, rpcUrl);
        throw error;
      }
    };
    return { ...transport, request };
  };
}
