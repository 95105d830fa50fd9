/** EIP-712 digests of everything that is signed, bound to one chain and one hub. */
import { hashTypedData } from 'viem/utils';
import type { Hex } from './bytes.ts';

/** The chain and the hub that a signature is for. */
export interface SigningDomain {
  readonly chainId: number;
  readonly hub: Hex;
}

const types = {
  Observation: [
    { name: 'configDigest', type: 'bytes32' },
    { name: 'epoch', type: 'uint64' },
    { name: 'taskId', type: 'bytes32' },
    { name: 'role', type: 'uint8' },
    { name: 'methodDigest', type: 'bytes32' },
    { name: 'measurements', type: 'bytes' },
  ],
  Cosignature: [
    { name: 'configDigest', type: 'bytes32' },
    { name: 'epoch', type: 'uint64' },
    { name: 'sequence', type: 'uint64' },
    { name: 'root', type: 'bytes32' },
    { name: 'count', type: 'uint32' },
  ],
  Commitment: [
    { name: 'configDigest', type: 'bytes32' },
    { name: 'epoch', type: 'uint64' },
    { name: 'taskId', type: 'bytes32' },
    { name: 'role', type: 'uint8' },
    { name: 'commitment', type: 'bytes32' },
  ],
  Submission: [
    { name: 'reference', type: 'string' },
    { name: 'promptCid', type: 'string' },
    { name: 'outputCid', type: 'string' },
    { name: 'commitment', type: 'string' },
    { name: 'modelDigest', type: 'string' },
  ],
} as const;

const domainOf = (domain: SigningDomain) => ({
  name: 'Assay',
  version: '1',
  chainId: domain.chainId,
  verifyingContract: domain.hub,
});

/** Fields of an observation that are signed; `role` is the role's index, `measurements` packed. */
export interface ObservationFields {
  readonly configDigest: Hex;
  readonly epoch: number;
  readonly taskId: Hex;
  readonly role: number;
  readonly methodDigest: Hex;
  readonly measurements: Hex;
}

/** EIP-712 digest of an observation, 32 bytes. */
export function observationDigest(domain: SigningDomain, fields: ObservationFields): Hex {
  return hashTypedData({
    domain: domainOf(domain),
    types,
    primaryType: 'Observation',
    message: { ...fields, epoch: BigInt(fields.epoch) },
  });
}

/** Fields of a commitment to an observation; `role` is the role's index. */
export interface CommitmentFields {
  readonly configDigest: Hex;
  readonly epoch: number;
  readonly taskId: Hex;
  readonly role: number;
  readonly commitment: Hex;
}

/** EIP-712 digest of a commitment to an observation, 32 bytes. */
export function commitmentDigest(domain: SigningDomain, fields: CommitmentFields): Hex {
  return hashTypedData({
    domain: domainOf(domain),
    types,
    primaryType: 'Commitment',
    message: { ...fields, epoch: BigInt(fields.epoch) },
  });
}

/** Fields of a cosignature. */
export interface CosignatureFields {
  readonly configDigest: Hex;
  readonly epoch: number;
  readonly sequence: number;
  readonly root: Hex;
  readonly count: number;
}

/** EIP-712 digest of a cosignature, 32 bytes; `AssayHub.post` computes the same. */
export function cosignatureDigest(domain: SigningDomain, fields: CosignatureFields): Hex {
  return hashTypedData({
    domain: domainOf(domain),
    types,
    primaryType: 'Cosignature',
    message: { ...fields, epoch: BigInt(fields.epoch), sequence: BigInt(fields.sequence) },
  });
}

/** Fields that a miner signs; `commitment` and `modelDigest` are the empty text where there is none. */
export interface SubmissionFields {
  readonly reference: string;
  readonly promptCid: string;
  readonly outputCid: string;
  readonly commitment: string;
  readonly modelDigest: string;
}

/** EIP-712 digest of a miner's submission, 32 bytes. */
export function submissionDigest(domain: SigningDomain, fields: SubmissionFields): Hex {
  return hashTypedData({ domain: domainOf(domain), types, primaryType: 'Submission', message: { ...fields } });
}
