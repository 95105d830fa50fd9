/** The chain through hub, registry and keystore, over an EVM RPC. */
import { assayHubAbi } from '@assay/contracts/generated/assay-hub';
import { iQuorumVerifierAbi } from '@assay/contracts/generated/i-quorum-verifier';
import { sessionKeystoreAbi } from '@assay/contracts/generated/session-keystore';
import { validatorRegistryAbi } from '@assay/contracts/generated/validator-registry';
import { blsKeysIn } from '@assay/protocol/batch/bls-certificate';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { BoundEpochStart } from '@assay/protocol/network/epochs';
import { type CertificateScheme, configDigest, loadNetwork, type Network } from '@assay/protocol/network/validator-set';
import type { Chain, Keyring, Log, PostedBatch, PostOutcome } from '@assay/protocol/ports';
import type { CosignatureFields } from '@assay/protocol/signature/typed-data';
import { LRUCache } from 'lru-cache';
import { encodeFunctionData, type PublicClient } from 'viem';
import { endedBatches, postedEvent } from './batch-log.ts';
import { blockHashAt, finalHeight } from './blocks.ts';
import { asked, evmClient } from './client.ts';
import { EvmTransmitter, type TransmitterOptions } from './transmitter.ts';

/** Where the chain and its contracts are; with `transmitterKey` it can post. */
export interface EvmChainOptions {
  /** One RPC address or several, with commas between. */
  readonly rpcUrl: string;
  readonly hub: Hex;
  readonly registry: Hex;
  readonly keystore?: Hex;
  readonly transmitterKey?: Hex | Keyring;
  readonly log?: Log;
  /** Settings of the transmitter for that key: journal, patience, fee cap. */
  readonly transmitter?: TransmitterOptions;
  /** Bytes behind the call data of the next post; undefined: none. The hub does not read them. */
  readonly behindPost?: () => Hex | undefined;
}

/** Posts whose bytes are remembered: one that is tried again is the same call again. */
const postsRememberedMax = 1_024;

const noRoot = `0x${'0'.repeat(64)}`;

/** The chain behind an RPC. Nothing is asked before the first call. */
export function connectEvmChain(options: EvmChainOptions): Chain {
  const client = evmClient(options.rpcUrl);
  const hub = { address: options.hub, abi: assayHubAbi } as const;
  const { transmitterKey } = options;
  const transmitter =
    transmitterKey === undefined
      ? undefined
      : new EvmTransmitter(client, transmitterKey, {
          ...(options.log && { log: options.log }),
          ...options.transmitter,
        });
  const behindOf = oncePerBatch(options.behindPost);
  return {
    network: (epoch) => readNetwork(client, options, epoch),
    epochStart: (epoch) => readEpochStart(client, options, epoch),
    postedBatch: (epoch, sequence, confirmations) => readPostedBatch(client, options, epoch, sequence, confirmations),
    highestSequence: async (epoch) =>
      Number(
        await asked('the highest sequence', () =>
          client.readContract({ ...hub, functionName: 'highestSequence', args: [BigInt(epoch)] }),
        ),
      ),
    endedBatches: (epoch, since) =>
      asked(`the batches of epoch ${epoch}`, () => endedBatches(client, options.hub, epoch, since)),
    height: async () => Number(await asked('its height', () => client.getBlockNumber())),
    blockHash: (height) => asked(`block ${height}`, () => blockHashAt(client, height)),
    finalHeight: (finality) => asked('the final height', () => finalHeight(client, finality)),
    post: (batch, certificate) => post(transmitter, options.hub, batch, certificate, behindOf(batch)),
    verifyReport: (epoch, sequence, report, proof) =>
      asked('a report', () =>
        client.readContract({
          ...hub,
          functionName: 'verifyReport',
          args: [BigInt(epoch), BigInt(sequence), report, [...proof]],
        }),
      ),
    transmitterBalance: async () =>
      transmitter === undefined
        ? undefined
        : asked('the balance', () => client.getBalance({ address: transmitter.address })),
    agreementKeyOf: (address) => readAgreementKey(client, options.keystore, address),
  };
}

/** The number of an epoch that has started; of the current one if none is wanted. */
async function startedEpoch(client: PublicClient, address: Hex, wanted?: number): Promise<bigint> {
  const current = await asked('the current epoch', () =>
    client.readContract({ address, abi: validatorRegistryAbi, functionName: 'currentEpoch' }),
  );
  if (current === 0n)
    throw new Error(
      `The registry ${address} has no epoch yet. Start one: join(operator, stake, consent) for each operator, then startEpoch() by an admin.`,
    );
  const epoch = wanted === undefined ? current : BigInt(wanted);
  if (epoch < 1n || epoch > current)
    throw new RangeError(`Epoch ${epoch} has not started: the registry ${address} is in epoch ${current}.`);
  return epoch;
}

async function readEpochStart(
  client: PublicClient,
  options: EvmChainOptions,
  wanted?: number,
): Promise<BoundEpochStart> {
  const registry = { address: options.registry, abi: validatorRegistryAbi } as const;
  const hub = { address: options.hub, abi: assayHubAbi } as const;
  const epoch = await startedEpoch(client, options.registry, wanted);
  const [startedAt, graceSeconds, digest] = await asked(`the start of epoch ${epoch}`, () =>
    Promise.all([
      client.readContract({ ...registry, functionName: 'startedAt', args: [epoch] }),
      client.readContract({ ...registry, functionName: 'graceSeconds' }),
      client.readContract({ ...hub, functionName: 'configDigest', args: [epoch] }),
    ]),
  );
  return {
    epoch: Number(epoch),
    startedAtMs: Number(startedAt) * 1_000,
    graceMs: graceSeconds * 1_000,
    configDigest: digest,
  };
}

async function readNetwork(client: PublicClient, options: EvmChainOptions, wanted?: number): Promise<Network> {
  const registry = { address: options.registry, abi: validatorRegistryAbi } as const;
  const epoch = await startedEpoch(client, options.registry, wanted);
  const [chainId, certificates, members, policiesDigest, stated] = await asked(`epoch ${epoch}`, () =>
    Promise.all([
      client.getChainId(),
      readScheme(client, options.hub),
      client.readContract({ ...registry, functionName: 'membersOf', args: [epoch] }),
      client.readContract({ ...registry, functionName: 'policiesDigest', args: [epoch] }),
      client.readContract({ address: options.hub, abi: assayHubAbi, functionName: 'configDigest', args: [epoch] }),
    ]),
  );
  const keys = certificates === 'bls' ? await readBlsKeys(client, options.registry, epoch, members.length) : [];
  const network = loadNetwork({
    chainId,
    hub: lower(options.hub),
    epoch: Number(epoch),
    members: members.map(({ operator, weight }, index) => {
      const blsKey = keys[index];
      return { operator: lower(operator), weight, ...(blsKey === undefined ? {} : { blsKey }) };
    }),
    policiesDigest,
    ...(certificates === 'bls' ? { certificates } : {}),
  });
  const computed = configDigest(network);
  if (computed !== stated) {
    throw new Error(
      `The config digest of epoch ${epoch} is ${stated} at the hub ${options.hub}, and ${computed} by this program. Check that hub and registry belong together and that contracts and program are of one version.`,
    );
  }
  return network;
}

async function readScheme(client: PublicClient, hub: Hex): Promise<CertificateScheme> {
  const verifier = await client.readContract({ address: hub, abi: assayHubAbi, functionName: 'verifier' });
  const scheme = await client.readContract({ address: verifier, abi: iQuorumVerifierAbi, functionName: 'scheme' });
  if (scheme === 'ecdsa' || scheme === 'bls') return scheme;
  throw new Error(
    `The verifier ${verifier} of the hub takes certificates of the scheme "${scheme}"; this program makes "ecdsa" and "bls".`,
  );
}

function readBlsKeys(
  client: PublicClient,
  registry: Hex,
  epoch: bigint,
  members: number,
): Promise<(Hex | undefined)[]> {
  return asked(`the BLS keys of epoch ${epoch}`, async () => {
    const call = { address: registry, abi: validatorRegistryAbi, functionName: 'blsKeysOf', args: [epoch] } as const;
    return blsKeysIn(await client.readContract(call), members);
  });
}

async function readPostedBatch(
  client: PublicClient,
  { hub, registry }: EvmChainOptions,
  epoch: number,
  sequence: number,
  confirmations: number,
): Promise<PostedBatch | undefined> {
  const root = await asked(`batch ${epoch}-${sequence}`, () =>
    client.readContract({
      address: hub,
      abi: assayHubAbi,
      functionName: 'rootOf',
      args: [BigInt(epoch), BigInt(sequence)],
    }),
  );
  if (root === noRoot) return undefined;
  return asked(`the transaction of batch ${epoch}-${sequence}`, async () => {
    const head = await client.getBlockNumber();
    const notBefore = await client.readContract({
      address: registry,
      abi: validatorRegistryAbi,
      functionName: 'startedAt',
      args: [BigInt(epoch)],
    });
    const event = await postedEvent(client, hub, { epoch, sequence, notBefore, head });
    if (event === undefined || event.root !== root || head - event.blockNumber + 1n < BigInt(confirmations))
      return undefined;
    const receipt = await client.getTransactionReceipt({ hash: event.transactionHash });
    return {
      confirmations: Number(head - event.blockNumber) + 1,
      root,
      count: event.count,
      transactionHash: event.transactionHash,
      blockNumber: Number(event.blockNumber),
      gasUsed: Number(receipt.gasUsed),
      transmitter: lower(event.transmitter),
    };
  });
}

async function post(
  transmitter: EvmTransmitter | undefined,
  hub: Hex,
  batch: CosignatureFields,
  certificate: Hex,
  behind: string,
): Promise<PostOutcome> {
  if (transmitter === undefined)
    throw new Error('This process has no transmitter key: it cannot post. Set one, and send its account funds.');
  const { configDigest, epoch, sequence, root, count } = batch;
  const args = [BigInt(epoch), BigInt(sequence), root, count, certificate] as const;
  const data: Hex = `${encodeFunctionData({ abi: assayHubAbi, functionName: 'post', args })}${behind}`;
  const sent = await transmitter.send(hub, data, { configDigest, epoch, sequence, root, count, certificate });
  if ('revert' in sent) {
    return sent.revert.name === 'BatchKnown'
      ? { status: 'known' }
      : { status: 'refused', code: sent.revert.name, detail: sent.revert.detail };
  }
  const { transactionHash, blockNumber, gasUsed, from } = sent.receipt;
  return {
    status: 'posted',
    transactionHash,
    blockNumber: Number(blockNumber),
    gasUsed: Number(gasUsed),
    transmitter: lower(from),
  };
}

/** The bytes behind each batch's post, without `0x`: asked for once, whatever comes of the post. */
function oncePerBatch(behindPost: EvmChainOptions['behindPost']): (batch: CosignatureFields) => string {
  const known = new LRUCache<string, string>({ max: postsRememberedMax });
  return ({ epoch, sequence }) => {
    const name = `${epoch}-${sequence}`;
    const bytes = known.get(name) ?? behindPost?.()?.slice(2) ?? '';
    known.set(name, bytes);
    return bytes;
  };
}

async function readAgreementKey(
  client: PublicClient,
  keystore: Hex | undefined,
  address: Hex,
): Promise<Hex | undefined> {
  if (keystore === undefined) throw new Error('No keystore address is set: agreement keys cannot be read.');
  const [key] = await asked(`the agreement key of ${address}`, () =>
    client.readContract({
      address: keystore,
      abi: sessionKeystoreAbi,
      functionName: 'agreementKeyOf',
      args: [address],
    }),
  );
  return key === noRoot ? undefined : key;
}

function lower(address: Hex): Hex {
  return address.toLowerCase() as Hex;
}
