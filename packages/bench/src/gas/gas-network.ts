/** Networks on a chain of their own for `assay bench gas`: operators with made-up keys, and certificates by them. */
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import type { Deployed } from '@assay/adapters/evm/contract-creations';
import { deployContracts } from '@assay/adapters/evm/deploy-contracts';
import { buildBatch, type ReportFields, reportLeaf } from '@assay/protocol/batch/batch';
import { assembleBlsCertificate } from '@assay/protocol/batch/bls-certificate';
import { assembleCertificate, type Certificate, encodeCertificate } from '@assay/protocol/batch/certificate';
import { fromHex, type Hex, keccak256, toHex, utf8 } from '@assay/protocol/encoding/bytes';
import { type CertificateScheme, configDigest, type Network } from '@assay/protocol/network/validator-set';
import type { Chain } from '@assay/protocol/ports';
import { signBls } from '@assay/protocol/signature/bls';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { type CosignatureFields, cosignatureDigest } from '@assay/protocol/signature/typed-data';

interface BenchOperator {
  readonly address: Hex;
  readonly privateKey: Hex;
  readonly stake: bigint;
  readonly blsSecretKey: Hex;
}

/** A network of which everybody's keys are at hand. */
export interface GasNetwork {
  readonly rpcUrl: string;
  readonly scheme: CertificateScheme;
  readonly deployed: Deployed;
  readonly chain: Chain;
  readonly network: Network;
  readonly operators: readonly BenchOperator[];
}

/** A posted batch, the first of its reports and what posting cost. */
export interface GasPost {
  readonly gas: number;
  readonly certificateBytes: number;
  readonly signers: number;
  readonly batch: CosignatureFields;
  readonly report: ReportFields;
  readonly proof: readonly Hex[];
}

/** With BLS so many of the operators have next to no stake: without them a quorum is still reached. */
const lightOperators = 10;
const heavyStake = 1_000_000n;
const deployer = 0;
const transmitter = 1;

/** Deploys a network of `count` operators. */
export async function gasNetwork(rpcUrl: string, scheme: CertificateScheme, count: number): Promise<GasNetwork> {
  // Where the fewest signers are sent, all weigh the same; where some are missing, the others must still be a quorum.
  const heavy = scheme === 'ecdsa' || count <= lightOperators ? count : count - lightOperators;
  const operators = Array.from({ length: count }, (_, index) => benchOperator(index, index < heavy));
  const deployed = await deployContracts({
    rpcUrl,
    deployerKey: anvilAccountKey(deployer),
    operators: operators.map(({ blsSecretKey, ...one }) => (scheme === 'bls' ? { ...one, blsSecretKey } : one)),
    policiesDigest: keccak256(utf8('policies of the gas bench')),
    certificates: scheme,
  });
  const chain = connectEvmChain({ rpcUrl, ...deployed, transmitterKey: anvilAccountKey(transmitter) });
  operators.sort((a, b) => (a.address < b.address ? -1 : 1));
  return { rpcUrl, scheme, deployed, chain, network: await chain.network(), operators };
}

/** Who signs a batch. */
export interface GasSigners {
  /** So many of the operators with next to no stake do not. */
  readonly missing?: number;
  /** ECDSA: all signatures go in, not the fewest that reach the quorum, as services send them. */
  readonly all?: boolean;
}

/** Posts a batch of `count` reports. */
export async function postForGas(
  on: GasNetwork,
  sequence: number,
  count: number,
  { missing = 0, all = false }: GasSigners = {},
): Promise<GasPost> {
  const reports = Array.from({ length: count }, (_, index) => benchReport(sequence, index));
  const { root, proofs } = buildBatch(reports.map(reportLeaf));
  const { epoch } = on.network;
  const batch: CosignatureFields = { configDigest: configDigest(on.network), epoch, sequence, root, count };
  const absent = on.operators.filter(({ stake }) => stake < heavyStake).slice(0, missing);
  const signers = on.operators.filter((one) => !absent.includes(one));
  const digest = cosignatureDigest(on.network, batch);
  const certificate =
    on.scheme === 'bls' ? blsCertificate(on, digest, signers) : ecdsaCertificate(on, batch, digest, all);
  const outcome = await on.chain.post(batch, certificate.bytes);
  if (outcome.status !== 'posted')
    throw new Error(`The hub did not take the batch: ${'detail' in outcome ? outcome.detail : outcome.status}.`);
  const [report, proof] = [reports[0], proofs[0]];
  if (report === undefined || proof === undefined) throw new RangeError('A batch has at least one report.');
  const certificateBytes = (certificate.bytes.length - 2) / 2;
  return { gas: outcome.gasUsed, certificateBytes, signers: certificate.signers.length, batch, report, proof };
}

/** The fewest signatures that reach the quorum, as services send them, or all. */
function ecdsaCertificate(on: GasNetwork, batch: CosignatureFields, digest: Hex, all: boolean): Certificate {
  const cosignatures = on.operators.map(({ address, privateKey }) => ({
    ...batch,
    operator: address,
    signature: signDigest(digest, fromHex(privateKey)),
  }));
  const fewest = assembleCertificate(on.network, cosignatures);
  if (fewest === undefined) throw new Error('The signers are no quorum.');
  if (!all) return fewest;
  return { bytes: encodeCertificate(on.network, cosignatures), signers: cosignatures.map(({ operator }) => operator) };
}

function blsCertificate(on: GasNetwork, digest: Hex, signers: readonly BenchOperator[]): Certificate {
  const cosignatures = signers.map(({ address, blsSecretKey }) => ({
    operator: address,
    signature: signBls(digest, fromHex(blsSecretKey)),
  }));
  const certificate = assembleBlsCertificate(on.network, cosignatures);
  if (certificate === undefined) throw new Error('The signers are no quorum.');
  return certificate;
}

function benchOperator(index: number, isHeavy: boolean): BenchOperator {
  const privateKey = keccak256(utf8(`gas bench operator ${index}`));
  const secret = fromHex(keccak256(utf8(`gas bench BLS key ${index}`)));
  // Below the group's order, which begins with 0x73.
  secret[0] = (secret[0] ?? 0) & 0x3f;
  return {
    address: addressOf(fromHex(privateKey)),
    privateKey,
    stake: isHeavy ? heavyStake : 1n,
    blsSecretKey: toHex(secret),
  };
}

/** A report on two submissions. */
function benchReport(sequence: number, index: number): ReportFields {
  const digest = keccak256(utf8(`gas bench report ${sequence} ${index}`));
  const result = (place: number) => `${'0'.repeat(24)}${digest.slice(2 + place, 42 + place)}012710270f2328`;
  return { taskId: digest, policyDigest: keccak256(utf8('policy')), results: `0x${result(0)}${result(1)}` };
}
